#include "server/rpc/leaving_connections.h"

#include <sys/socket.h>

#include <optional>

#include "server/rpc/open_connections.h"

namespace segrid::rpc {
namespace {

// Some 250 ms: a call that follows another at once finds its connection open,
// and what was answered has gone out.
constexpr int kIdleLooks = 12;

}  // namespace

void LeavingConnections::Add(int descriptor, absl::Duration deadline) {
  connections_.insert_or_assign(
      descriptor,
      Connection{SocketOf(descriptor), ChannelzNameOf(descriptor), deadline});
}

void LeavingConnections::Look(absl::Duration now) {
  if (connections_.empty()) return;
  const ConnectionLoads::Numbers numbers = loads_.List();
  for (auto each = connections_.begin(); each != connections_.end();) {
    auto& [descriptor, connection] = *each;
    if (SocketOf(descriptor) != connection.socket) {
      each = connections_.erase(each);
      continue;
    }
    const auto number = numbers.find(connection.name);
    const std::optional<ConnectionLoad> load =
        number == numbers.end() ? std::nullopt : loads_.Of(number->second);
    // Without a number it still shakes hands, and calls nothing.
    const bool is_idle = !connection.name.empty() &&
                         (!load.has_value() || load->open_streams() <= 0);
    connection.idle_looks = is_idle ? connection.idle_looks + 1 : 0;
    if (now >= connection.deadline) {
      Abort(descriptor);
    } else if (connection.idle_looks == kIdleLooks) {
      ::shutdown(descriptor, SHUT_RDWR);
    }
    ++each;
  }
}

void LeavingConnections::EndAll() {
  for (const auto& [descriptor, connection] : connections_) {
    if (SocketOf(descriptor) == connection.socket) Abort(descriptor);
  }
  connections_.clear();
}

}  // namespace segrid::rpc
