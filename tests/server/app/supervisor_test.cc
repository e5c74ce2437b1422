#include "server/app/supervisor.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>

#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::app {
namespace {

// The manager's end of the socket.
class Manager {
 public:
  explicit Manager(const std::string& name)
      : file_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, name.data(), name.size());
    if (name[0] == '@') address.sun_path[0] = '\0';
    const auto size =
        static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    EXPECT_EQ(::bind(file_, reinterpret_cast<const sockaddr*>(&address), size),
              0);
  }
  ~Manager() { ::close(file_); }

  // The next message; "" without one.
  std::string Next() const {
    std::array<char, 512> text;
    const ssize_t size = ::recv(file_, text.data(), text.size(), MSG_DONTWAIT);
    return size < 0 ? "" : std::string(text.data(), static_cast<size_t>(size));
  }

 private:
  const int file_;
};

TEST(Supervisor, IsToldEachStep) {
  const tests::ScratchDir dir;
  const Manager manager(dir.Path("notify"));
  const Supervisor told(dir.Path("notify"), absl::Seconds(10));
  told.Ready("serving\nwell");
  EXPECT_EQ(manager.Next(), "READY=1\nSTATUS=serving well");
  told.Status("busy");
  EXPECT_EQ(manager.Next(), "STATUS=busy");
  told.Alive();
  EXPECT_EQ(manager.Next(), "WATCHDOG=1");
  told.Reloading();
  EXPECT_EQ(manager.Next().rfind("RELOADING=1\nMONOTONIC_USEC=", 0), 0u);
  told.Stopping(absl::Seconds(22));
  EXPECT_EQ(manager.Next(),
            "STOPPING=1\nSTATUS=draining\nEXTEND_TIMEOUT_USEC=22000000");
  EXPECT_EQ(manager.Next(), "");
}

TEST(Supervisor, MayHaveAnAbstractName) {
  const std::string name = "@segrid-test-" + std::to_string(::getpid());
  const Manager manager(name);
  Supervisor(name, absl::ZeroDuration()).Alive();
  EXPECT_EQ(manager.Next(), "WATCHDOG=1");
}

TEST(Supervisor, DoesNotHangWhenNobodyIsThere) {
  Supervisor("", absl::ZeroDuration()).Ready("serving");
  Supervisor("/no/such/socket", absl::ZeroDuration()).Ready("serving");
  Supervisor(std::string(200, 'x'), absl::ZeroDuration()).Ready("serving");
}

TEST(Supervisor, SaysInTheEnvironmentHowOftenItWantsToHear) {
  ::setenv("NOTIFY_SOCKET", "/no/such/socket", 1);
  ::setenv("WATCHDOG_USEC", "30000000", 1);
  EXPECT_EQ(Supervisor::FromEnvironment().alive_interval(), absl::Seconds(15));
  ::setenv("WATCHDOG_PID", std::to_string(::getpid()).c_str(), 1);
  EXPECT_EQ(Supervisor::FromEnvironment().alive_interval(), absl::Seconds(15));
  ::setenv("WATCHDOG_PID", "1", 1);
  EXPECT_EQ(Supervisor::FromEnvironment().alive_interval(),
            absl::ZeroDuration());
  ::unsetenv("WATCHDOG_PID");
  ::setenv("WATCHDOG_USEC", "soon", 1);
  EXPECT_EQ(Supervisor::FromEnvironment().alive_interval(),
            absl::ZeroDuration());
}

}  // namespace
}  // namespace segrid::app
