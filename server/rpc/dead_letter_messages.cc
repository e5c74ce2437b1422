#include "server/rpc/dead_letter_messages.h"

#include <algorithm>
#include <string>
#include <string_view>

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

bool HasSource(const config::Config& config, std::string_view name) {
  return std::any_of(
      config.sources.begin(), config.sources.end(),
      [&](const config::Source& source) { return source.name == name; });
}

}  // namespace

absl::StatusOr<queue::DeadLetterFilter> ToFilter(
    const api::DeadLetterFilter& filter, const config::Config& config) {
  if (!HasSource(config, filter.source())) {
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
  queue::DeadLetterFilter out;
  out.lane = filter.source();
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

void FillPage(const queue::DeadLetterPage& page,
              api::ListDeadLettersResponse& response) {
  for (const queue::DeadLetter& from : page.dead_letters) {
    api::DeadLetter& to = *response.add_dead_letters();
    to.set_id(from.id);
    to.set_source(from.lane);
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
