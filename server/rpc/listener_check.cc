#include "server/rpc/listener_check.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>
#include <system_error>

#include "core/base/error_info.h"

namespace segrid::rpc {
namespace {

constexpr std::string_view kUnix = "unix:";

// A socket that is closed at the end.
class Socket {
 public:
  explicit Socket(int family)
      : descriptor_(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int get() const { return descriptor_; }

 private:
  const int descriptor_;
};

bool IsUnix(const std::string& address) {
  return address.compare(0, kUnix.size(), kUnix) == 0;
}

absl::Status CannotListen(const std::string& address, std::string_view why) {
  return base::MakeError(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                         std::string("cannot listen on '")
                             .append(address)
                             .append("': ")
                             .append(why));
}

std::string SystemReason(int error) {
  return std::generic_category().message(error);
}

// The address of a Unix socket; false when the path is too long.
bool FillUnix(const std::string& address, sockaddr_un& out) {
  const std::string path = address.substr(kUnix.size());
  out = {};
  out.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof(out.sun_path)) return false;
  std::memcpy(out.sun_path, path.data(), path.size());
  return true;
}

struct HostPort {
  std::string host;
  std::string port;
};

HostPort SplitHostPort(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return {address, ""};
  std::string host = address.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return {host, address.substr(colon + 1)};
}

std::string WhyNotInternet(const std::string& address) {
  const HostPort parts = SplitHostPort(address);
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  if (const int error =
          ::getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
      error != 0) {
    return ::gai_strerror(error);
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(
      found, &::freeaddrinfo);
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    const Socket socket(at->ai_family);
    const int yes = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    if (::bind(socket.get(), at->ai_addr, at->ai_addrlen) != 0 ||
        ::listen(socket.get(), 1) != 0) {
      return SystemReason(errno);
    }
  }
  return "";
}

std::string WhyNotUnix(const std::string& address) {
  sockaddr_un name;
  if (!FillUnix(address, name)) return "the path is empty or too long";
  const Socket socket(AF_UNIX);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&name),
             sizeof(name)) != 0) {
    return SystemReason(errno);
  }
  ::unlink(name.sun_path);
  return "";
}

}  // namespace

absl::Status CheckBeforeListening(const std::string& address) {
  if (!IsUnix(address)) return absl::OkStatus();
  sockaddr_un name;
  if (!FillUnix(address, name)) {
    return CannotListen(address, "the path is empty or longer than 107 bytes");
  }
  const Socket socket(AF_UNIX);
  const bool served =
      ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&name),
                sizeof(name)) == 0;
  return served ? CannotListen(address, "another process serves this socket")
                : absl::OkStatus();
}

absl::Status ExplainListenFailure(const std::string& address) {
  const std::string why =
      IsUnix(address) ? WhyNotUnix(address) : WhyNotInternet(address);
  return CannotListen(address, why.empty() ? "gRPC refused it" : why);
}

}  // namespace segrid::rpc
