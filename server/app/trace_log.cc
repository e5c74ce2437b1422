#include "server/app/trace_log.h"

#include <string>

#include "core/base/error_info.h"

namespace segrid::app {

void TraceLog::OnAnswered(std::string_view method, const absl::Status& answer,
                          const base::TraceParent& trace) {
  if (answer.ok()) {
    log_.Debug("call answered", {{"method", std::string(method)},
                                 {"trace_id", base::TraceIdText(trace)}});
    return;
  }
  log_.Warning("call refused",
               {{"method", std::string(method)},
                {"code", absl::StatusCodeToString(answer.code())},
                {"reason", base::ReasonOf(answer)},
                {"trace_id", base::TraceIdText(trace)}});
}

}  // namespace segrid::app
