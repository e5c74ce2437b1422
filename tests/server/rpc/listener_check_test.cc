#include "server/rpc/listener_check.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::rpc {
namespace {

// A TCP socket that listens on a free port of 127.0.0.1.
class TakenPort {
 public:
  TakenPort() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in name = {};
    name.sin_family = AF_INET;
    name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(name);
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&name), size), 0);
    EXPECT_EQ(::listen(socket_, 1), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&name), &size);
    address_ = "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
  }
  ~TakenPort() { ::close(socket_); }
  const std::string& address() const { return address_; }

 private:
  const int socket_;
  std::string address_;
};

// A Unix socket that listens, or one that was left behind.
int BindUnix(const std::string& path) {
  const int socket = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  std::memcpy(name.sun_path, path.data(), path.size());
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&name), sizeof(name)),
            0);
  EXPECT_EQ(::listen(socket, 1), 0);
  return socket;
}

bool Says(const absl::Status& status, const std::string& text) {
  return base::ReasonOf(status) == "CANNOT_LISTEN" &&
         std::string(status.message()).find(text) != std::string::npos;
}

TEST(ListenFailure, NamesTheAddressAndTheSystemsReason) {
  const TakenPort taken;
  const absl::Status status = ExplainListenFailure(taken.address());
  EXPECT_TRUE(Says(status, taken.address())) << status;
  EXPECT_TRUE(Says(status, "in use")) << status;
}

TEST(ListenFailure, NamesAnAddressOfAnotherMachine) {
  // TEST-NET-1: nobody has it.
  EXPECT_TRUE(Says(ExplainListenFailure("192.0.2.1:0"), "assign"));
}

TEST(ListenFailure, NamesAMissingDirectory) {
  EXPECT_TRUE(
      Says(ExplainListenFailure("unix:/nonexistent/s"), "No such file"));
}

TEST(UnixSocket, ThatIsServedIsNotTakenOver) {
  const tests::ScratchDir dir;
  const int socket = BindUnix(dir.Path("s"));
  const std::string address = "unix:" + dir.Path("s");
  EXPECT_TRUE(Says(CheckBeforeListening(address), "another process"));
  ::close(socket);
  // Now it is only a file that was left behind.
  EXPECT_TRUE(CheckBeforeListening(address).ok());
}

TEST(UnixSocket, NeedsAPathThatFits) {
  EXPECT_TRUE(
      Says(CheckBeforeListening("unix:/" + std::string(107, 'x')), "107"));
}

}  // namespace
}  // namespace segrid::rpc
