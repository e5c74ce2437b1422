#include "server/rpc/open_connections.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <iterator>
#include <utility>

namespace segrid::rpc {
namespace {

// Sweeping costs a system call per connection, so with many of them it is not
// done for each refusal, or a flood of connections would cost its square. For
// so many connections, one refusal more.
constexpr std::int64_t kPerRefusal = 1'024;

}  // namespace

ino_t SocketOf(int descriptor) {
  struct stat file {};
  return ::fstat(descriptor, &file) == 0 && S_ISSOCK(file.st_mode) ? file.st_ino
                                                                   : 0;
}

std::string PeerOf(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) !=
      0) {
    return "";
  }
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    return std::string(reinterpret_cast<const char*>(&in.sin_addr), 4);
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
  const auto* const bytes = reinterpret_cast<const char*>(&in.sin6_addr);
  // An IPv4 peer of an IPv6 socket is one address.
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) return std::string(bytes + 12, 4);
  return std::string(bytes, 8);
}

void Abort(int descriptor) {
  // Dissolves the association, as connect(2) has it.
  sockaddr none{};
  none.sa_family = AF_UNSPEC;
  if (::connect(descriptor, &none, sizeof(none)) != 0) {
    ::shutdown(descriptor, SHUT_RDWR);
  }
}

bool OpenConnections::Add(int descriptor, int listener) {
  // A descriptor that is used again has been closed before.
  if (const auto before = connections_.find(descriptor);
      before != connections_.end()) {
    Forget(before);
  }
  std::string peer = PeerOf(descriptor);
  if (!HasRoom(peer) && ++refused_ > count() / kPerRefusal) Sweep();
  if (!HasRoom(peer)) return false;
  if (!peer.empty()) ++per_peer_[peer];
  connections_.emplace(
      descriptor, Connection{SocketOf(descriptor), std::move(peer), listener});
  return true;
}

std::vector<int> OpenConnections::Of(int listener) const {
  std::vector<int> descriptors;
  for (const auto& [descriptor, connection] : connections_) {
    if (connection.listener == listener) descriptors.push_back(descriptor);
  }
  return descriptors;
}

void OpenConnections::Sweep() {
  refused_ = 0;
  for (auto each = connections_.begin(); each != connections_.end();) {
    each = SocketOf(each->first) == each->second.socket ? std::next(each)
                                                        : Forget(each);
  }
}

bool OpenConnections::HasRoom(const std::string& peer) const {
  if (count() >= limits_.max) return false;
  const auto same = per_peer_.find(peer);
  return same == per_peer_.end() || same->second < limits_.max_per_peer;
}

OpenConnections::Connections::iterator OpenConnections::Forget(
    Connections::iterator connection) {
  if (const auto same = per_peer_.find(connection->second.peer);
      same != per_peer_.end() && --same->second == 0) {
    per_peer_.erase(same);
  }
  return connections_.erase(connection);
}

}  // namespace segrid::rpc
