// Lists of addresses and networks.

#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace segrid::httpd {

// Thread safety: any thread once it is made. Blocking: never.
class Networks {
 public:
  // `10.0.0.1`, `10.0.0.0/8`, `2001:db8::/32`; see config::CheckNetwork. What
  // is none of these contains nothing.
  explicit Networks(const std::vector<std::string>& networks);

  bool Contains(const sockaddr_storage& address) const;

 private:
  // An IPv4 address as its mapped IPv6 one.
  using Address = std::array<std::uint8_t, 16>;
  struct Network {
    Address address{};
    int bits = 0;
  };
  static bool ToAddress(const sockaddr_storage& from, Address& to);

  std::vector<Network> networks_;
};

// True for 127.0.0.0/8, ::1, and what has no address: a Unix socket.
bool IsLoopback(const sockaddr_storage& address);

// The peer that a connection counts for: see Options::max_connections_per_peer.
std::string PeerOf(const sockaddr_storage& address);

}  // namespace segrid::httpd
