// The PROXY protocol, versions 1 and 2: who is behind a proxy.

#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace segrid::httpd {

// Reads the header that stands before everything else on a connection, and not
// a byte more: what follows may be TLS.
//
// A value. Thread safety: none. Blocking: never.
class ProxyHeader {
 public:
  enum class State { kMore, kDone, kBad };

  // How many bytes it wants next; 0 when it is over.
  std::size_t wanted() const { return wanted_; }
  // Takes at most wanted() bytes, in their order.
  State Feed(std::string_view bytes);

  // Once it is done: the address of the proxy's peer. None when the proxy
  // speaks for itself (LOCAL, UNKNOWN) or its peer has no internet address.
  const std::optional<sockaddr_storage>& peer() const { return peer_; }

 private:
  State ReadText();
  State ReadBinary();
  State Finish(bool good);

  std::string bytes_;
  std::size_t wanted_ = 12;  // Enough to tell the versions apart.
  std::optional<sockaddr_storage> peer_;
};

}  // namespace segrid::httpd
