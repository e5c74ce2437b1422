#include "server/rpc/erase_person.h"

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/deliver/orphans.h"
#include "core/transform/person.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;

absl::StatusOr<transform::Person> PersonOf(
    const api::ErasePersonRequest& request) {
  if (request.email().empty() == request.user_id().empty()) {
    return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_PERSON",
                           "give one of 'email' and 'user_id'");
  }
  return request.user_id().empty()
             ? transform::Person::WithEmail(request.email())
             : transform::Person::WithUserId(request.user_id());
}

// As status names them: lanes of sources that left the configuration, too.
class LaneNames {
 public:
  explicit LaneNames(const AdminEnvironment& environment)
      : environment_(environment),
        statuses_(environment.deliverer.Statuses()) {}

  absl::StatusOr<std::string> LaneOf(const std::string& source) const {
    for (const deliver::SourceStatus& each : statuses_) {
      if (each.name == source) return each.lane;
    }
    SEGRID_ASSIGN_OR_RETURN(
        const std::vector<queue::LaneStats> orphans,
        deliver::OrphanedLanes(statuses_, environment_.queue));
    for (const queue::LaneStats& lane : orphans) {
      if (deliver::OrphanName(statuses_, lane.lane) == source) return lane.lane;
    }
    return base::MakeError(
        absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
        "source: the configuration has no source of this name, and the queue "
        "has nothing of one: `segrid status` shows their names");
  }

  std::string SourceOf(const std::string& lane) const {
    for (const deliver::SourceStatus& each : statuses_) {
      if (each.lane == lane) return each.name;
    }
    return deliver::OrphanName(statuses_, lane);
  }

 private:
  const AdminEnvironment& environment_;
  const std::vector<deliver::SourceStatus> statuses_;
};

}  // namespace

absl::Status ErasePerson(const AdminEnvironment& environment,
                         const api::ErasePersonRequest& request,
                         api::ErasePersonResponse& response, OperatorAct& act) {
  SEGRID_ASSIGN_OR_RETURN(const transform::Person person, PersonOf(request));
  const LaneNames names(environment);
  queue::EraseRequest erase{
      .matches = [&](std::string_view track) { return person.Has(track); },
      .answer_matches =
          [&](std::string_view answer) { return person.IsNamedIn(answer); },
      .dry_run = request.dry_run()};
  if (!request.source().empty()) {
    SEGRID_ASSIGN_OR_RETURN(erase.lane, names.LaneOf(request.source()));
  }
  SEGRID_ASSIGN_OR_RETURN(const queue::Erased erased,
                          environment.queue.Erase(erase));
  for (const queue::ErasedLane& lane : erased.lanes) {
    api::ErasedSource& source = *response.add_sources();
    source.set_source(names.SourceOf(lane.lane));
    source.set_pending_count(lane.pending);
    source.set_in_flight_count(lane.on_loan);
    source.set_dead_letter_count(lane.dead_letters);
    source.set_answer_count(lane.answers);
    if (!request.dry_run()) environment.deliverer.NoteSettled(lane.lane);
    act.pending += lane.pending;
    act.dead_letters += lane.dead_letters;
  }
  for (const std::string& path : erased.leftovers) {
    response.add_leftovers(path);
  }
  return absl::OkStatus();
}

}  // namespace segrid::rpc
