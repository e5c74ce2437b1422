#include "server/rpc/flood_watch.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <utility>
#include <vector>

#include "core/base/clock.h"
#include "server/rpc/open_connections.h"

namespace segrid::rpc {
namespace {

// Between two looks. A flood takes up to 10 MB of memory in a millisecond, so a
// look must come soon where something comes in.
constexpr absl::Duration kInterval = absl::Milliseconds(20);
constexpr absl::Duration kActiveInterval = absl::Milliseconds(5);
// Since something came in.
constexpr absl::Duration kActiveFor = absl::Seconds(1);
// A look costs a system call per connection, and more where much came in; this
// many times as long is the least time until the next.
constexpr int kRestPerLook = 50;

// A connection that received less since it was asked for is not asked for
// again.
constexpr std::uint64_t kMuchBytes = 32 << 10;

// This thread's own: it does not count that others have the processor.
absl::Duration CpuTime() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return absl::DurationFromTimespec(time);
}

// Over the limit: streams that gRPC has not refused yet.
constexpr std::int64_t kSlackStreams = 100;

}  // namespace

void FloodWatch::Add(int descriptor) {
  std::string name = ChannelzNameOf(descriptor);
  if (name.empty()) return;
  Connection connection{SocketOf(descriptor), std::move(name)};
  connections_.insert_or_assign(descriptor, std::move(connection));
  active_since_ = base::SystemClock().Uptime();
}

absl::Duration FloodWatch::interval() const {
  if (connections_.empty()) return absl::InfiniteDuration();
  const bool is_active =
      base::SystemClock().Uptime() - active_since_ < kActiveFor;
  return std::max(is_active ? kActiveInterval : kInterval,
                  kRestPerLook * look_took_);
}

int FloodWatch::Look(absl::Duration now) {
  if (now - looked_ < interval()) return 0;
  looked_ = now;
  const absl::Duration began = CpuTime();
  const int ended = EndFloods(now, FindBusy());
  look_took_ = CpuTime() - began;
  return ended;
}

std::vector<int> FloodWatch::FindBusy() {
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
  return busy;
}

int FloodWatch::EndFloods(absl::Duration now, const std::vector<int>& busy) {
  if (busy.empty()) return 0;
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
  if (counts.tcpi_bytes_received != connection.received) {
    connection.received = counts.tcpi_bytes_received;
    active_since_ = base::SystemClock().Uptime();
  }
  if (counts.tcpi_bytes_acked != connection.acknowledged) {
    connection.acknowledged = counts.tcpi_bytes_acked;
    connection.received_then = connection.received;
  }
  if (connection.received - connection.asked < kMuchBytes) return false;
  connection.asked = connection.received;
  return true;
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
