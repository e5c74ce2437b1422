#include "client/internal/probe_socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <future>
#include <memory>
#include <thread>
#include <utility>

namespace segrid::internal {
namespace {

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses Look(const SocketAddress& address, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  if (getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &list) !=
      0) {
    return nullptr;
  }
  return Addresses(list);
}

// A name server may be slow, and there is no call with a time-out. The thread
// ends by itself and shares nothing but its promise.
Addresses LookUntil(const SocketAddress& address,
                    ProbeSocket::Clock::time_point deadline) {
  if (Addresses numeric = Look(address, AI_NUMERICHOST)) return numeric;
  std::promise<Addresses> promise;
  std::future<Addresses> found = promise.get_future();
  std::thread([address, promise = std::move(promise)]() mutable {
    promise.set_value(Look(address, 0));
  }).detach();
  if (found.wait_until(deadline) != std::future_status::ready) return nullptr;
  return found.get();
}

}  // namespace

std::optional<SocketAddress> FirstAddress(std::string_view address) {
  address = address.substr(0, address.find(','));
  for (const std::string_view unix_scheme : {"unix://", "unix:"}) {
    if (address.starts_with(unix_scheme)) {
      address.remove_prefix(unix_scheme.size());
      return SocketAddress{
          .host = "", .port = "", .path = std::string(address)};
    }
  }
  for (const std::string_view scheme : {"dns:///", "dns:", "ipv4:", "ipv6:"}) {
    if (address.starts_with(scheme)) {
      address.remove_prefix(scheme.size());
      break;
    }
  }
  if (address.find('/') != std::string_view::npos) return std::nullopt;
  const std::size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) {
    return SocketAddress{std::string(address), "443", ""};
  }
  std::string_view host = address.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return SocketAddress{std::string(host),
                       std::string(address.substr(colon + 1)), ""};
}

ProbeSocket::~ProbeSocket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

bool ProbeSocket::Wait(short events) const {
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline_ - Clock::now());
    if (left.count() <= 0) return false;
    pollfd waited{descriptor_, events, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(left.count()) + 1);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) return false;
  }
}

int ProbeSocket::ConnectTo(int family, const void* address, std::size_t size) {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor_ < 0) return errno;
  if (::connect(descriptor_, static_cast<const sockaddr*>(address),
                static_cast<socklen_t>(size)) == 0) {
    return 0;
  }
  if (errno != EINPROGRESS) return errno;
  if (!Wait(POLLOUT)) return ETIMEDOUT;
  int error = 0;
  socklen_t length = sizeof(error);
  ::getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &error, &length);
  return error;
}

int ProbeSocket::Connect(const SocketAddress& address) {
  if (address.host.empty()) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    if (address.path.size() >= sizeof(name.sun_path)) return ENAMETOOLONG;
    std::memcpy(name.sun_path, address.path.data(), address.path.size());
    return ConnectTo(AF_UNIX, &name, sizeof(name));
  }
  const Addresses list = LookUntil(address, deadline_);
  int error = ENXIO;
  for (const addrinfo* each = list.get(); each != nullptr;
       each = each->ai_next) {
    error = ConnectTo(each->ai_family, each->ai_addr, each->ai_addrlen);
    if (error == 0) break;
  }
  return error;
}

bool ProbeSocket::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if ((errno != EAGAIN && errno != EINTR) || !Wait(POLLOUT)) {
      return false;
    }
  }
  return true;
}

std::string ProbeSocket::Receive() {
  std::array<char, 16 << 10> bytes;
  for (;;) {
    const ssize_t got = ::recv(descriptor_, bytes.data(), bytes.size(), 0);
    if (got > 0) return {bytes.data(), static_cast<std::size_t>(got)};
    const bool may_come = got < 0 && (errno == EAGAIN || errno == EINTR);
    is_closed_ = !may_come;
    if (!may_come || !Wait(POLLIN)) return "";
  }
}

}  // namespace segrid::internal
