#include "server/rpc/server_status.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/codec/wire.h"
#include "core/deliver/orphans.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;

void FillDelivery(const deliver::SourceStatus& from, api::SourceStatus& to) {
  to.set_name(from.name);
  to.set_state(static_cast<api::SourceState>(from.state));
  to.set_state_detail(from.detail);
  if (from.next_attempt != absl::InfiniteFuture()) {
    *to.mutable_next_attempt_time() = ToTimestamp(from.next_attempt);
  }
  to.set_failed_attempt_count(from.failed_attempts);
  to.set_last_answer(AsText(from.last_answer));
}

std::string LabelOf(const config::Config& config, const std::string& source) {
  for (const config::Source& each : config.sources) {
    if (each.name == source) return each.label;
  }
  return "";
}

void FillLedger(const queue::LaneStats& from, api::SourceStatus& to) {
  to.set_accepted_count(from.accepted);
  to.set_delivered_count(from.delivered);
  to.set_pending_count(from.pending);
  to.set_dead_letter_count(from.dead);
  to.set_expired_count(from.expired);
  to.set_purged_count(from.purged);
  to.set_duplicate_count(from.duplicates);
  to.set_pending_bytes(from.pending_bytes);
  if (from.oldest_pending_time != absl::InfiniteFuture()) {
    *to.mutable_oldest_pending_time() = ToTimestamp(from.oldest_pending_time);
  }
}

absl::Status FillReadiness(const AdminEnvironment& environment,
                           api::ServerStatus& status) {
  SEGRID_ASSIGN_OR_RETURN(queue::StoreStats store,
                          environment.queue.GetStoreStats());
  const bool draining = !environment.admission.ready();
  status.set_ready(!draining && store.ready);
  if (draining) {
    status.set_not_ready_reason("draining");
  } else if (!store.ready) {
    status.set_not_ready_reason(std::move(store.not_ready_reason));
  }
  return absl::OkStatus();
}

}  // namespace

std::string AsText(std::string_view bytes) {
  std::string text(bytes);
  if (codec::IsUtf8(text)) return text;
  for (char& c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return text;
}

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  constexpr std::int64_t kFirst = -62'135'596'800;  // 0001-01-01T00:00:00Z
  constexpr std::int64_t kLast = 253'402'300'799;   // 9999-12-31T23:59:59Z
  const std::int64_t seconds =
      std::clamp(absl::ToUnixSeconds(time), kFirst, kLast);
  const std::int64_t nanos =
      absl::ToInt64Nanoseconds(time - absl::FromUnixSeconds(seconds));
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<std::int32_t>(
      std::clamp(nanos, std::int64_t{0}, std::int64_t{999'999'999})));
  return timestamp;
}

absl::StatusOr<api::ServerStatus> TakeServerStatus(
    const AdminEnvironment& environment, absl::Time start_time) {
  api::ServerStatus status;
  status.set_version(std::string(base::kVersion));
  *status.mutable_start_time() = ToTimestamp(start_time);
  *status.mutable_status_time() = ToTimestamp(environment.clock.Now());
  SEGRID_RETURN_IF_ERROR(FillReadiness(environment, status));
  const auto config = environment.config();
  for (const deliver::SourceStatus& source :
       deliver::StatusesWithOrphans(environment.deliverer, environment.queue)) {
    SEGRID_ASSIGN_OR_RETURN(const queue::LaneStats lane,
                            environment.queue.GetLaneStats(source.lane));
    FillDelivery(source, *status.add_sources());
    FillLedger(lane, *status.mutable_sources()->rbegin());
    status.mutable_sources()->rbegin()->set_label(
        LabelOf(*config, source.name));
    if (!source.dead_letters_full) continue;  // Nearly always: it costs time.
    SEGRID_ASSIGN_OR_RETURN(
        const std::int64_t overdue,
        environment.queue.CountPendingUntil(
            source.lane, environment.clock.Now() - source.max_age));
    status.mutable_sources()->rbegin()->set_overdue_count(overdue);
  }
  return status;
}

}  // namespace segrid::rpc
