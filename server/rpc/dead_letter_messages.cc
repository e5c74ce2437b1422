#include "server/rpc/dead_letter_messages.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/time/time.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "server/rpc/server_status.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

// The last two are those of earlier versions.
constexpr std::array<std::string_view, 5> kReasons = {
    queue::kReasonBadMessage, queue::kReasonTooLarge, queue::kReasonExpired,
    "REDIRECTED", "REFUSED"};

// Of a Timestamp, years 1 to 9999.
constexpr std::int64_t kFirstSecond = -62'135'596'800;
constexpr std::int64_t kLastSecond = 253'402'300'799;
constexpr std::int32_t kNanosPerSecond = 1'000'000'000;

bool IsTime(const google::protobuf::Timestamp& timestamp) {
  return timestamp.seconds() >= kFirstSecond &&
         timestamp.seconds() <= kLastSecond && timestamp.nanos() >= 0 &&
         timestamp.nanos() < kNanosPerSecond;
}

absl::Status CheckTimes(const api::DeadLetterFilter& filter) {
  for (const auto& [has, field, time] :
       {std::tuple(filter.has_since(), "filter.since", filter.since()),
        std::tuple(filter.has_until(), "filter.until", filter.until())}) {
    if (has && !IsTime(time)) {
      return base::MakeFieldError("BAD_TIME", field,
                                  "is no time between the years 1 and 9999");
    }
  }
  if (filter.has_since() && filter.has_until() &&
      FromTimestamp(filter.since()) >= FromTimestamp(filter.until())) {
    return base::MakeFieldError("BAD_TIME", "filter.until",
                                "must be after 'filter.since'");
  }
  return absl::OkStatus();
}

absl::Status CheckReason(const std::string& reason) {
  if (reason.empty() ||
      std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end()) {
    return absl::OkStatus();
  }
  std::string names;
  for (const std::string_view name : kReasons) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  return base::MakeFieldError("UNKNOWN_REASON", "filter.reason",
                              "is no reason; must be one of: " + names);
}

// Null: there is none of this name.
const config::Source* FindSource(const config::Config& config,
                                 std::string_view name) {
  const auto found = std::find_if(
      config.sources.begin(), config.sources.end(),
      [&](const config::Source& source) { return source.name == name; });
  return found == config.sources.end() ? nullptr : &*found;
}

}  // namespace

absl::StatusOr<queue::DeadLetterFilter> ToFilter(
    const api::DeadLetterFilter& filter, const config::Config& config) {
  const config::Source* const source = FindSource(config, filter.source());
  if (source == nullptr) {
    return base::MakeError(
        absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
        "'filter.source' names no source of the configuration: ListSources "
        "tells their names");
  }
  if (filter.ids_size() > kMaxFilterIds) {
    return base::MakeFieldError(
        "TOO_MANY_IDS", "filter.ids",
        "has more than 1,000 ids: split it into several calls");
  }
  if (!filter.GetReflection()->GetUnknownFields(filter).empty()) {
    return base::MakeFieldError(
        "UNKNOWN_FILTER", "filter",
        "has a field that this server's version does not know");
  }
  SEGRID_RETURN_IF_ERROR(CheckReason(filter.reason()));
  SEGRID_RETURN_IF_ERROR(CheckTimes(filter));
  queue::DeadLetterFilter out;
  out.lane = config::LaneOf(*source);
  out.reason = filter.reason();
  out.ids.assign(filter.ids().begin(), filter.ids().end());
  if (filter.has_since()) out.since = FromTimestamp(filter.since());
  if (filter.has_until()) out.until = FromTimestamp(filter.until());
  return out;
}

absl::StatusOr<queue::DeadLetterQuery> ToQuery(
    const api::ListDeadLettersRequest& request, const config::Config& config) {
  queue::DeadLetterQuery query;
  SEGRID_ASSIGN_OR_RETURN(query.filter, ToFilter(request.filter(), config));
  if (request.page_size() != 0) query.page_size = request.page_size();
  query.page_token = request.page_token();
  query.with_track = request.include_track_json();
  if (query.with_track && query.page_size <= 1'000) {
    query.page_size = std::min(query.page_size, kMaxPageWithTracks);
  }
  return query;
}

absl::Status CheckIds(const queue::DeadLetterFilter& filter,
                      queue::Queue& queue) {
  if (filter.ids.empty()) return absl::OkStatus();
  queue::DeadLetterQuery query;
  query.filter.lane = filter.lane;
  query.filter.ids = filter.ids;
  query.page_size = kMaxFilterIds;
  SEGRID_ASSIGN_OR_RETURN(const queue::DeadLetterPage page,
                          queue.ListDeadLetters(query));
  std::set<std::uint64_t> known;
  for (const queue::DeadLetter& letter : page.dead_letters) {
    known.insert(letter.id);
  }
  for (const std::uint64_t id : filter.ids) {
    if (known.count(id) > 0) continue;
    return base::MakeError(
        absl::StatusCode::kNotFound, "UNKNOWN_DEAD_LETTER",
        "filter.ids: the source has no dead letter " + std::to_string(id) +
            ", so nothing was done: it may have been replayed or purged");
  }
  return absl::OkStatus();
}

void FillPage(const queue::DeadLetterPage& page, const std::string& source,
              api::ListDeadLettersResponse& response) {
  for (const queue::DeadLetter& from : page.dead_letters) {
    api::DeadLetter& to = *response.add_dead_letters();
    to.set_id(from.id);
    to.set_source(source);
    to.set_message_id(from.message_id);
    to.set_reason(from.reason);
    to.set_answer(AsText(from.answer));
    *to.mutable_accepted_time() = ToTimestamp(from.accepted_time);
    *to.mutable_dead_time() = ToTimestamp(from.dead_time);
    to.set_attempt_count(from.attempts);
    to.set_track_json(std::string(from.track.view()));
  }
  response.set_next_page_token(page.next_page_token);
}

}  // namespace segrid::rpc
