#include "server/rpc/handshakes.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <iterator>

#include "server/rpc/open_connections.h"

namespace segrid::rpc {
namespace {

// A server that has sent as much has sent its certificate: a HelloRetryRequest
// takes about 100 bytes, the smallest certificate with its signature over 400.
constexpr std::uint64_t kFlightBytes = 300;

}  // namespace

bool Handshakes::Add(int descriptor, const std::string& peer,
                     absl::Duration now) {
  bool ended = false;
  if (const auto same = per_peer_.find(peer);
      same != per_peer_.end() && same->second >= limits_.max_per_peer) {
    EndOldest(&peer);
    ended = true;
  }
  if (count() >= limits_.max) {
    EndOldest(nullptr);
    ended = true;
  }
  connections_.push_back({descriptor, SocketOf(descriptor), peer, now});
  ++per_peer_[peer];
  return ended;
}

void Handshakes::Look(absl::Duration now) {
  for (auto each = connections_.begin(); each != connections_.end();) {
    const bool over = now - each->began > limits_.time_out ||
                      SocketOf(each->descriptor) != each->socket ||
                      IsDone(*each);
    each = over ? Forget(each) : std::next(each);
  }
}

bool Handshakes::IsDone(Connection& connection) {
  tcp_info counts{};
  socklen_t size = sizeof(counts);
  // Older kernels know fewer of the counts; then the time-out decides.
  if (::getsockopt(connection.descriptor, IPPROTO_TCP, TCP_INFO, &counts,
                   &size) != 0) {
    return true;
  }
  if (connection.sent != 0) {
    return counts.tcpi_bytes_received > connection.received &&
           counts.tcpi_bytes_sent > connection.sent;
  }
  if (counts.tcpi_bytes_sent >= kFlightBytes) {
    connection.received = counts.tcpi_bytes_received;
    connection.sent = counts.tcpi_bytes_sent;
  }
  return false;
}

void Handshakes::EndOldest(const std::string* peer) {
  auto oldest = connections_.begin();
  while (oldest != connections_.end() && peer != nullptr &&
         oldest->peer != *peer) {
    ++oldest;
  }
  if (oldest == connections_.end()) return;
  // gRPC sees the end and closes it. Not when the descriptor is another's now.
  if (SocketOf(oldest->descriptor) == oldest->socket) {
    Abort(oldest->descriptor);
  }
  Forget(oldest);
}

Handshakes::Connections::iterator Handshakes::Forget(
    Connections::iterator connection) {
  if (const auto same = per_peer_.find(connection->peer);
      same != per_peer_.end() && --same->second == 0) {
    per_peer_.erase(same);
  }
  return connections_.erase(connection);
}

}  // namespace segrid::rpc
