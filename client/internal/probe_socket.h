// A socket that never waits longer than it may.

#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace segrid::internal {

// The parts of a gRPC address that a socket needs.
struct SocketAddress {
  std::string host;  // Name or number. Empty: a Unix socket.
  std::string port;
  std::string path;
};

// The first of `address`; nullopt for schemes that only gRPC knows.
std::optional<SocketAddress> FirstAddress(std::string_view address);

// A connection until it is destroyed. Thread safety: none. Blocking: until
// `deadline` at most.
class ProbeSocket {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProbeSocket(Clock::time_point deadline) : deadline_(deadline) {}
  ~ProbeSocket();
  ProbeSocket(const ProbeSocket&) = delete;
  ProbeSocket& operator=(const ProbeSocket&) = delete;

  // The error's number; 0 once it is connected. ETIMEDOUT at the deadline,
  // ENXIO when the name is not known.
  int Connect(const SocketAddress& address);

  // False when the peer has ended it, or at the deadline. Raises no SIGPIPE.
  bool Send(std::string_view bytes);

  // Waits for bytes and returns those that have come; empty when the peer has
  // ended the connection, or at the deadline.
  std::string Receive();

  // Whether the peer has ended it, as far as Receive has seen.
  bool is_closed() const { return is_closed_; }

 private:
  bool Wait(short events) const;
  int ConnectTo(int family, const void* address, std::size_t size);

  const Clock::time_point deadline_;
  int descriptor_ = -1;
  bool is_closed_ = false;
};

}  // namespace segrid::internal
