#include "server/app/refusal_log.h"

#include <string>

#include "server/rpc/error_status.h"

namespace segrid::app {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(10);

}  // namespace

RefusalLog::RefusalLog(logging::Log& log, pool::Executor& executor)
    : calls_(executor, kWindow,
             [&log](const logging::CountedLine& line) {
               log.Warning("calls refused", {{"listener", line.who},
                                             {"reason", line.reason},
                                             {"calls", line.count}});
             }),
      requests_(executor, kWindow,
                [&log](const logging::CountedLine& line) {
                  log.Warning("requests refused", {{"listener", line.who},
                                                   {"reason", line.reason},
                                                   {"requests", line.count},
                                                   {"detail", line.detail}});
                }),
      webhooks_(executor, kWindow, [&log](const logging::CountedLine& line) {
        log.Warning("webhook refused", {{"listener", std::string("http")},
                                        {"webhook", line.who},
                                        {"reason", line.reason},
                                        {"requests", line.count},
                                        {"detail", line.detail}});
      }) {}

void RefusalLog::OnCall(const grpc::Status& status) {
  // Who cancels is not refused.
  if (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) return;
  calls_.Add("grpc", rpc::ReasonOf(status));
}

void RefusalLog::OnMessage(const absl::Status& status) {
  OnCall(rpc::ToGrpcStatus(status));
}

void RefusalLog::OnRequest(std::string_view listener,
                           const httpd::Answer& answer) {
  const httpd::Refused& refusal = answer.refusal;
  if (refusal.reason.empty()) return;
  // Browsers ask for more than there is, such as icons.
  if (listener == "admin" && answer.status == 404) return;
  if (refusal.webhook.empty()) {
    requests_.Add(listener, refusal.reason, 1, refusal.detail);
  } else {
    webhooks_.Add(refusal.webhook, refusal.reason, 1, refusal.detail);
  }
}

}  // namespace segrid::app
