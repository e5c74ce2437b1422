#include "server/rpc/flood_watch.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "server/rpc/open_connections.h"

namespace segrid::rpc {
namespace {

// Between two looks; longer with many connections, because each costs a system
// call.
constexpr absl::Duration kInterval = absl::Milliseconds(50);
constexpr absl::Duration kBusyInterval = absl::Milliseconds(20);
constexpr absl::Duration kPerConnection = absl::Microseconds(50);

// A connection that received less since the last look is not asked for.
constexpr std::uint64_t kMuchBytes = 32 << 10;

// Over the limit: streams that gRPC has not refused yet.
constexpr std::int64_t kSlackStreams = 100;

}  // namespace

void FloodWatch::Add(int descriptor) {
  std::string name = ChannelzNameOf(descriptor);
  if (name.empty()) return;
  Connection connection{SocketOf(descriptor), std::move(name)};
  connections_.insert_or_assign(descriptor, std::move(connection));
}

absl::Duration FloodWatch::interval() const {
  if (connections_.empty()) return absl::InfiniteDuration();
  return (busy_ ? kBusyInterval : kInterval) +
         kPerConnection * connections_.size();
}

int FloodWatch::Look(absl::Duration now) {
  if (now - looked_ < interval()) return 0;
  looked_ = now;
  std::vector<int> busy;
  for (auto each = connections_.begin(); each != connections_.end();) {
    auto& [descriptor, connection] = *each;
    const std::optional<bool> is_busy = IsBusy(descriptor, connection);
    if (!is_busy.has_value()) {
      each = connections_.erase(each);
      continue;
    }
    if (*is_busy) busy.push_back(descriptor);
    ++each;
  }
  busy_ = !busy.empty();
  if (!busy_) return 0;
  int ended = 0;
  const ConnectionLoads::Numbers numbers = loads_.List();
  for (const int descriptor : busy) {
    Connection& connection = connections_.at(descriptor);
    const auto number = numbers.find(connection.name);
    if (number == numbers.end()) continue;
    const std::optional<ConnectionLoad> load = loads_.Of(number->second);
    if (!load.has_value() || !IsFlood(connection, *load, now)) continue;
    // gRPC sees the end and closes it.
    Abort(descriptor);
    connections_.erase(descriptor);
    ++ended;
  }
  return ended;
}

std::optional<bool> FloodWatch::IsBusy(int descriptor, Connection& connection) {
  tcp_info counts{};
  socklen_t size = sizeof(counts);
  if (SocketOf(descriptor) != connection.socket ||
      ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &counts, &size) != 0) {
    return std::nullopt;
  }
  const std::uint64_t received =
      std::exchange(connection.received, counts.tcpi_bytes_received);
  if (counts.tcpi_bytes_acked != connection.acknowledged) {
    connection.acknowledged = counts.tcpi_bytes_acked;
    connection.received_then = connection.received;
  }
  return connection.received - received >= kMuchBytes;
}

bool FloodWatch::IsFlood(Connection& connection, const ConnectionLoad& load,
                         absl::Duration now) const {
  const double seconds = absl::ToDoubleSeconds(now - connection.looked);
  connection.failures =
      std::max(0.0,
               connection.failures - seconds * limits_.failures_per_second) +
      static_cast<double>(load.streams_failed - connection.load.streams_failed);
  connection.load = load;
  connection.looked = now;
  const std::int64_t granted = limits_.max_message_bytes * load.open_streams();
  const auto silent =
      static_cast<std::int64_t>(connection.received - connection.received_then);
  return load.open_streams() > limits_.max_streams + kSlackStreams ||
         connection.failures > static_cast<double>(limits_.max_failures) ||
         silent > limits_.max_silent_bytes + granted;
}

}  // namespace segrid::rpc
