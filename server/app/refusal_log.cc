#include "server/app/refusal_log.h"

#include <string>

#include "server/rpc/error_status.h"

namespace segrid::app {
namespace {

constexpr absl::Duration kWindow = absl::Seconds(10);
constexpr absl::Duration kLongWindow = absl::Minutes(10);

}  // namespace

RefusalLog::RefusalLog(logging::Log& log, pool::Executor& executor,
                       metrics::Refusals& counts)
    : counts_(counts),
      calls_(executor, kWindow,
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
      webhooks_(executor, kWindow,
                [&log](const logging::CountedLine& line) {
                  log.Warning("webhook refused",
                              {{"listener", std::string("http")},
                               {"webhook", line.who},
                               {"reason", line.reason},
                               {"requests", line.count},
                               {"detail", line.detail}});
                }),
      handshakes_(executor, kWindow,
                  [&log](const logging::CountedLine& line) {
                    log.Warning("TLS handshakes failed",
                                {{"listener", line.who},
                                 {"reason", line.reason},
                                 {"handshakes", line.count},
                                 {"detail", line.detail}});
                  }),
      closed_handshakes_(
          executor, kLongWindow, [&log](const logging::CountedLine& line) {
            log.Info("clients left during TLS handshakes", {{"listener", line.who},
                                               {"reason", line.reason},
                                               {"handshakes", line.count},
                                               {"detail", line.detail}});
          }) {}

void RefusalLog::OnHandshake(std::string_view listener,
                             tls::HandshakeFailure failure) {
  counts_.AddHandshake(listener, failure);
  logging::CountedLines& lines = failure == tls::HandshakeFailure::kClosed
                                     ? closed_handshakes_
                                     : handshakes_;
  lines.Add(listener,
            tls::kHandshakeFailureNames[static_cast<std::size_t>(failure)], 1,
            tls::AdviceFor(failure));
}

void RefusalLog::OnCall(const grpc::Status& status) {
  // Who cancels is not refused.
  if (status.ok() || status.error_code() == grpc::StatusCode::CANCELLED) return;
  const std::string reason = rpc::ReasonOf(status);
  counts_.Add("grpc", reason);
  calls_.Add("grpc", reason);
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
  counts_.Add(listener, refusal.reason);
  if (refusal.webhook.empty()) {
    requests_.Add(listener, refusal.reason, 1, refusal.detail);
  } else {
    webhooks_.Add(refusal.webhook, refusal.reason, 1, refusal.detail);
  }
}

}  // namespace segrid::app
