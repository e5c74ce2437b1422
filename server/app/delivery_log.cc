#include "server/app/delivery_log.h"

#include <string>

#include "server/metrics/collector.h"

namespace segrid::app {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(10);
// The cause is a source's configuration or its senders, and lasts.
constexpr absl::Duration kChangedValuesWindow = absl::Hours(1);

}  // namespace

DeliveryLog::DeliveryLog(logging::Log& log, pool::Executor& executor)
    : log_(log),
      given_up_(executor, kWindow,
                [&log](const logging::CountedLine& line) {
                  log.Warning("messages became dead letters",
                              {{"source", line.who},
                               {"reason", line.reason},
                               {"messages", line.count}});
                }),
      changed_values_(executor, kChangedValuesWindow,
                      [&log](const logging::CountedLine& line) {
                        log.Warning(
                            "a receiver could not keep values as they are",
                            {{"source", line.who},
                             {"reason", line.reason},
                             {"values", line.count}});
                      }) {}

void DeliveryLog::OnStateChange(const deliver::StateChange& change) {
  const std::string was(metrics::NameOf(change.from));
  if (change.to == deliver::SourceState::kRunning) {
    log_.Info("a source delivers again",
              {{"source", change.source},
               {"was", was},
               {"lasted_seconds", absl::ToInt64Seconds(change.lasted)},
               {"pending", change.pending}});
    return;
  }
  log_.Warning("a source does not deliver",
               {{"source", change.source},
                {"state", std::string(metrics::NameOf(change.to))},
                {"was", was},
                {"detail", change.detail}});
}

void DeliveryLog::OnGivenUp(std::string_view source, std::string_view reason,
                            std::int64_t messages) {
  given_up_.Add(source, reason, messages);
}

void DeliveryLog::OnValuesChanged(std::string_view source,
                                  std::string_view reason,
                                  std::int64_t values) {
  changed_values_.Add(source, reason, values);
}

void DeliveryLog::OnCompressionOff(std::string_view source) {
  log_.Warning(
      "a receiver takes no compressed requests: gzip is off for its source "
      "until a reload changes it; set gzip: false",
      {{"source", std::string(source)}});
}

}  // namespace segrid::app
