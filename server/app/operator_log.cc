#include "server/app/operator_log.h"

#include <string>

namespace segrid::app {

void LogAct(const rpc::OperatorAct& act, logging::Log& log) {
  using Kind = rpc::OperatorAct::Kind;
  const logging::Field source = {"source", act.source};
  const logging::Field by = {"by", act.by};
  const logging::Field dead_letters = {"dead_letters", act.dead_letters};
  switch (act.kind) {
    case Kind::kPause:
      return log.Info("an operator paused a source", {source, by});
    case Kind::kResume:
      return log.Info("an operator resumed a source", {source, by});
    case Kind::kReplay:
      return log.Info("an operator queued dead letters again",
                      {source, dead_letters, by});
    case Kind::kPurge:
      return log.Info("an operator purged dead letters",
                      {source, dead_letters, by});
    case Kind::kDrop:
      return log.Info("an operator dropped a source",
                      {source, {"pending", act.pending}, dead_letters, by});
    case Kind::kErase:
      return log.Info("an operator erased a person's data",
                      {source, {"pending", act.pending}, dead_letters, by});
    case Kind::kReload:
      return log.Info("an operator asked for a reload", {by});
    case Kind::kDrain:
      return log.Info("an operator asked the server to stop", {by});
  }
}

}  // namespace segrid::app
