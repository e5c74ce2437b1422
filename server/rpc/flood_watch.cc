#include "server/rpc/flood_watch.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
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

// Times the limit: a client opens a stream when it has the answer to another,
// which gRPC counts a little later. With 1,000 in flight it was up to 1,200.
constexpr std::int64_t kSlackStreams = 2;

// A message takes more on its way than its bytes: frames, and TLS records. A
// stream besides has headers, and may be one whose message is not counted.
constexpr double kOnItsWay = 1.05;
constexpr std::int64_t kPerStream = (16 << 10) + TakenBytes::kLeastMessage;

// A connection of which no more is untaken is not ended, because many of them
// may do nothing worse than send faster than this machine works.
constexpr std::int64_t kFewMessages = 4;

// A connection of which calls take nothing for so long is not just slow.
constexpr absl::Duration kStalled = absl::Seconds(1);

// Bytes that the kernel has received of a connection and gRPC has not read.
std::int64_t UnreadOf(int descriptor) {
  int unread = 0;
  return ::ioctl(descriptor, SIOCINQ, &unread) == 0 ? unread : 0;
}

}  // namespace

FloodWatch::~FloodWatch() {
  while (!connections_.empty()) Forget(connections_.begin());
}

void FloodWatch::Add(int descriptor) {
  const std::string name = ChannelzNameOf(descriptor);
  if (name.empty()) return;
  // One of this number has been closed before.
  if (const auto before = connections_.find(descriptor);
      before != connections_.end()) {
    Forget(before);
  }
  Connection connection{SocketOf(descriptor), name};
  if (taken_ != nullptr) connection.taken = taken_->Open(name);
  connections_.emplace(descriptor, std::move(connection));
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
  const std::vector<int> busy = FindBusy();
  const int ended = busy.empty() ? 0 : EndFloods(now, busy) + EndFullest(now);
  look_took_ = CpuTime() - began;
  return ended;
}

std::vector<int> FloodWatch::FindBusy() {
  std::vector<int> busy;
  for (auto each = connections_.begin(); each != connections_.end();) {
    auto& [descriptor, connection] = *each;
    const std::optional<bool> is_busy = IsBusy(descriptor, connection);
    if (!is_busy.has_value()) {
      each = Forget(each);
      continue;
    }
    if (*is_busy) busy.push_back(descriptor);
    ++each;
  }
  return busy;
}

int FloodWatch::EndFloods(absl::Duration now, const std::vector<int>& busy) {
  int ended = 0;
  const ConnectionLoads::Numbers numbers = loads_.List();
  for (const int descriptor : busy) {
    const auto place = connections_.find(descriptor);
    Connection& connection = place->second;
    const auto number = numbers.find(connection.name);
    if (number == numbers.end()) continue;
    const std::optional<ConnectionLoad> load = loads_.Of(number->second);
    if (!load.has_value()) continue;
    CountUntaken(descriptor, connection,
                 load->streams_answered - connection.load.streams_answered,
                 now);
    if (load->open_streams() == 0) connection.untaken = 0;
    if (!IsFlood(connection, *load, now)) continue;
    // gRPC sees the end and closes it.
    Abort(descriptor);
    Forget(place);
    ++ended;
  }
  return ended;
}

void FloodWatch::CountUntaken(int descriptor, Connection& connection,
                              std::int64_t answered, absl::Duration now) const {
  if (connection.taken == nullptr) return;
  const std::int64_t read =
      static_cast<std::int64_t>(connection.received) - UnreadOf(descriptor);
  const std::int64_t taken = *connection.taken;
  const auto left = static_cast<double>(taken - connection.taken_before);
  connection.untaken += read - connection.read_before -
                        static_cast<std::int64_t>(kOnItsWay * left) -
                        kPerStream * answered;
  connection.untaken = std::max<std::int64_t>(0, connection.untaken);
  if (taken != connection.taken_before) connection.took = now;
  connection.read_before = read;
  connection.taken_before = taken;
}

int FloodWatch::EndFullest(absl::Duration now) {
  int ended = 0;
  for (;;) {
    std::int64_t all = 0;
    auto fullest = connections_.end();
    for (auto each = connections_.begin(); each != connections_.end(); ++each) {
      all += each->second.untaken;
      if (fullest == connections_.end() ||
          each->second.untaken > fullest->second.untaken) {
        fullest = each;
      }
    }
    if (all <= limits_.max_untaken_bytes) return ended;
    // Calls may have taken much since it was busy.
    const std::int64_t before = fullest->second.untaken;
    CountUntaken(fullest->first, fullest->second, 0, now);
    if (fullest->second.untaken < before) continue;
    const bool is_stalled = now - fullest->second.took > kStalled;
    const bool is_huge = before > limits_.max_untaken_bytes ||
                         all > 2 * limits_.max_untaken_bytes;
    if (!(is_stalled || is_huge) ||
        before <= kFewMessages * limits_.max_message_bytes) {
      return ended;
    }
    Abort(fullest->first);
    Forget(fullest);
    ++ended;
  }
}

FloodWatch::Connections::iterator FloodWatch::Forget(
    Connections::iterator connection) {
  if (taken_ != nullptr) {
    taken_->Close(connection->second.name, connection->second.taken);
  }
  return connections_.erase(connection);
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
  return load.open_streams() > kSlackStreams * limits_.max_streams ||
         connection.failures > static_cast<double>(limits_.max_failures) ||
         silent > limits_.max_silent_bytes + granted;
}

}  // namespace segrid::rpc
