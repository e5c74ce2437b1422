#include "server/http/listen_socket.h"

#include <fcntl.h>
#include <grp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/error_info.h"
#include "core/base/localhost.h"
#include "core/base/status_macros.h"

namespace segrid::httpd {
namespace {

constexpr int kBacklog = 1'024;
constexpr std::string_view kUnix = "unix:";
constexpr std::string_view kDescriptor = "descriptor:/";

absl::Status CannotListen(const std::string& address, const std::string& why) {
  return base::MakeError(absl::StatusCode::kUnavailable, "CANNOT_LISTEN",
                         "cannot listen on " + address + ": " + why);
}

absl::Status CannotListen(const std::string& address, int error) {
  std::string why = std::generic_category().message(error);
  if (error == EADDRINUSE) {
    why =
        "the address is in use; stop the process that has it, or choose "
        "another port";
  } else if (error == EADDRNOTAVAIL) {
    why = "it is no address of this machine";
  } else if (error == EACCES) {
    why = "permission denied; ports below 1024 are for root";
  }
  return CannotListen(address, why);
}

using AddressList = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

absl::StatusOr<AddressList> Resolve(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
  }
  // Never what a name server says: only loopback may go without TLS.
  if (base::IsLocalhost(host)) host = "127.0.0.1";
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(
      host.c_str(), address.substr(colon + 1).c_str(), &hints, &found);
  if (error != 0) return CannotListen(address, ::gai_strerror(error));
  return AddressList(found, &::freeaddrinfo);
}

int PortOf(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  return ntohs(bound.ss_family == AF_INET6
                   ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                   : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

// The number of a group, by its name or number; nullopt when there is none.
std::optional<gid_t> GroupOf(const std::string& text) {
  if (text.find_first_not_of("0123456789") == std::string::npos) {
    std::uint32_t number = 0;
    const auto end =
        std::from_chars(text.data(), text.data() + text.size(), number);
    if (end.ec != std::errc()) return std::nullopt;
    return number;
  }
  std::array<char, 4'096> bytes{};
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(text.c_str(), &entry, bytes.data(), bytes.size(), &found);
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

// Gives the socket's file its group, then its mode. What went wrong, or "".
std::string SetAccess(const std::string& path, const config::UnixFile& file) {
  constexpr uid_t kSameUser = static_cast<uid_t>(-1);
  if (!file.group.empty()) {
    const std::optional<gid_t> group = GroupOf(file.group);
    if (!group.has_value()) {
      return "there is no group '" + file.group + "'; set unix_group to one";
    }
    if (::chown(path.c_str(), kSameUser, *group) != 0) {
      return "its file cannot have the group '" + file.group +
             "': " + std::generic_category().message(errno) +
             "; set unix_group to a group of this user's";
    }
  }
  if (file.mode.empty()) return "";
  const auto mode =
      static_cast<mode_t>(std::strtoul(file.mode.c_str(), nullptr, 8));
  if (::chmod(path.c_str(), mode) != 0) {
    return "its file cannot have the mode " + file.mode + ": " +
           std::generic_category().message(errno);
  }
  return "";
}

// True if a process answers at the socket's file.
bool IsServed(const sockaddr_un& name) {
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool served = ::connect(probe, reinterpret_cast<const sockaddr*>(&name),
                                sizeof(name)) == 0;
  ::close(probe);
  return served;
}

}  // namespace

absl::StatusOr<ListenSocket> ListenSocket::Open(
    const std::string& address, const config::UnixFile& unix_file) {
  if (address.compare(0, kUnix.size(), kUnix) == 0) {
    return OpenUnix(address, unix_file);
  }
  if (address.compare(0, kDescriptor.size(), kDescriptor) == 0) {
    return TakeOver(std::atoi(address.c_str() + kDescriptor.size()));
  }
  absl::StatusOr<AddressList> list = Resolve(address);
  if (!list.ok()) return std::move(list).status();
  const addrinfo& first = **list;
  ListenSocket socket(
      ::socket(first.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
      address);
  if (socket.fd_ < 0) return CannotListen(address, errno);
  const int on = 1;
  // So that a restart does not wait for connections of before.
  ::setsockopt(socket.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket.fd_, first.ai_addr, first.ai_addrlen) != 0 ||
      ::listen(socket.fd_, kBacklog) != 0) {
    return CannotListen(address, errno);
  }
  socket.port_ = PortOf(socket.fd_);
  socket.address_ =
      address.substr(0, address.rfind(':') + 1) + std::to_string(socket.port_);
  return socket;
}

absl::StatusOr<ListenSocket> ListenSocket::OpenUnix(
    const std::string& address, const config::UnixFile& unix_file) {
  const std::string path = address.substr(kUnix.size());
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path.size() >= sizeof(name.sun_path)) {
    return CannotListen(address, "the path is too long; at most 107 bytes");
  }
  std::memcpy(name.sun_path, path.data(), path.size());
  struct stat file {};
  if (::stat(path.c_str(), &file) == 0) {
    if (!S_ISSOCK(file.st_mode)) {
      return CannotListen(address,
                          "a file that is not a socket is there; move it "
                          "away, or choose another path");
    }
    if (IsServed(name)) {
      return CannotListen(address,
                          "a process serves this socket; stop it, or choose "
                          "another path");
    }
    ::unlink(path.c_str());
  }
  ListenSocket socket(
      ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
      address);
  if (socket.fd_ < 0) return CannotListen(address, errno);
  if (::bind(socket.fd_, reinterpret_cast<const sockaddr*>(&name),
             sizeof(name)) != 0) {
    if (errno != ENOENT && errno != EACCES) return CannotListen(address, errno);
    return CannotListen(address, std::generic_category().message(errno) +
                                     "; make its directory, and let this user "
                                     "write there");
  }
  socket.path_ = path;
  // Nobody can connect before listen().
  if (const std::string why = SetAccess(path, unix_file); !why.empty()) {
    return CannotListen(address, why);
  }
  if (::listen(socket.fd_, kBacklog) != 0) return CannotListen(address, errno);
  return socket;
}

std::string ListenSocket::NameOf(int descriptor) {
  return std::string(kDescriptor) + std::to_string(descriptor);
}

absl::StatusOr<std::string> ListenSocket::AddressOf(int descriptor) {
  const auto option = [descriptor](int name) {
    int value = -1;
    socklen_t size = sizeof(value);
    return ::getsockopt(descriptor, SOL_SOCKET, name, &value, &size) == 0
               ? value
               : -1;
  };
  if (option(SO_TYPE) != SOCK_STREAM || option(SO_ACCEPTCONN) != 1) {
    return base::MakeError(absl::StatusCode::kFailedPrecondition, "BAD_SOCKET",
                           "is no stream socket that listens; its unit needs "
                           "ListenStream= and Accept=no");
  }
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  ::getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &size);
  if (bound.ss_family == AF_UNIX) {
    const auto& name = reinterpret_cast<const sockaddr_un&>(bound);
    const std::size_t length = size - offsetof(sockaddr_un, sun_path);
    return "unix:" +
           std::string(name.sun_path, ::strnlen(name.sun_path, length));
  }
  std::array<char, NI_MAXHOST> host{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&bound), size, host.data(),
                host.size(), nullptr, 0, NI_NUMERICHOST);
  const std::string text(host.data());
  const std::string port = std::to_string(PortOf(descriptor));
  return bound.ss_family == AF_INET6 ? "[" + text + "]:" + port
                                     : text + ":" + port;
}

absl::StatusOr<ListenSocket> ListenSocket::TakeOver(int descriptor) {
  SEGRID_ASSIGN_OR_RETURN(std::string address, AddressOf(descriptor));
  ::fcntl(descriptor, F_SETFL, ::fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
  ListenSocket socket(descriptor, std::move(address));
  if (socket.address_.compare(0, kUnix.size(), kUnix) != 0) {
    socket.port_ = PortOf(descriptor);
  }
  return socket;
}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      address_(std::move(other.address_)),
      path_(std::exchange(other.path_, "")),
      port_(other.port_) {}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

}  // namespace segrid::httpd
