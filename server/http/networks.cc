#include "server/http/networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace segrid::httpd {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                  0, 0, 0, 0, 0xFF, 0xFF};

}  // namespace

bool Networks::ToAddress(const sockaddr_storage& from, Address& to) {
  if (from.ss_family == AF_INET) {
    std::copy(kMapped.begin(), kMapped.end(), to.begin());
    std::memcpy(&to[kMapped.size()],
                &reinterpret_cast<const sockaddr_in&>(from).sin_addr, 4);
    return true;
  }
  if (from.ss_family != AF_INET6) return false;
  std::memcpy(to.data(), &reinterpret_cast<const sockaddr_in6&>(from).sin6_addr,
              to.size());
  return true;
}

Networks::Networks(const std::vector<std::string>& networks) {
  for (const std::string& text : networks) {
    const std::size_t slash = text.find('/');
    const std::string address = text.substr(0, slash);
    Network network;
    const bool is_v4 = ::inet_pton(AF_INET, address.c_str(),
                                   &network.address[kMapped.size()]) == 1;
    if (is_v4) {
      std::copy(kMapped.begin(), kMapped.end(), network.address.begin());
    } else if (::inet_pton(AF_INET6, address.c_str(), network.address.data()) !=
               1) {
      continue;
    }
    network.bits = slash == std::string::npos
                       ? 128
                       : std::atoi(text.c_str() + slash + 1) + (is_v4 ? 96 : 0);
    networks_.push_back(network);
  }
}

bool Networks::Contains(const sockaddr_storage& address) const {
  Address bytes{};
  if (!ToAddress(address, bytes)) return false;
  return std::any_of(networks_.begin(), networks_.end(),
                     [&](const Network& network) {
                       for (int bit = 0; bit < network.bits; ++bit) {
                         const auto at = static_cast<std::size_t>(bit / 8);
                         const int mask = 0x80 >> bit % 8;
                         if ((bytes[at] & mask) != (network.address[at] & mask))
                           return false;
                       }
                       return true;
                     });
}

bool IsLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return ntohl(v4.sin_addr.s_addr) >> 24 == 127;
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&v6) ||
           (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127);
  }
  return true;
}

std::string PeerOf(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return {reinterpret_cast<const char*>(&v4.sin_addr), 4};
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
    const auto* bytes = reinterpret_cast<const char*>(&v6);
    return IN6_IS_ADDR_V4MAPPED(&v6) ? std::string(bytes + 12, 4)
                                     : std::string(bytes, 8);
  }
  return "unix";
}

}  // namespace segrid::httpd
