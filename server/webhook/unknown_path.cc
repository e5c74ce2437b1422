#include "server/webhook/unknown_path.h"

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace segrid::webhook {

void AddUnknownPath(httpd::Router& router, std::vector<std::string> names,
                    logging::Log& log, base::Clock& clock) {
  // Nanoseconds since 1970 from which on the next line may be written.
  auto next_line = std::make_shared<std::atomic<std::int64_t>>(0);
  httpd::Route route;
  route.method = "POST";
  route.path = "/v1/webhook";
  route.below = true;
  route.before_body = [names = absl::StrJoin(names, ", "), next_line, &log,
                       &clock](const httpd::Request&) -> httpd::HeadVerdict {
    const std::int64_t now = absl::ToUnixNanos(clock.Now());
    std::int64_t due = next_line->load(std::memory_order_relaxed);
    if (now >= due &&
        next_line->compare_exchange_strong(
            due, now + absl::ToInt64Nanoseconds(absl::Minutes(1)))) {
      log.Warning(
          "a post to a path below /v1/webhook that no webhook has; compare the "
          "address in SendGrid's settings with the names",
          {{"webhooks", names}});
    }
    return {.refusal = httpd::ErrorAnswer(
                404, "NO_SUCH_WEBHOOK",
                "no webhook has this name; compare the address in SendGrid's "
                "settings")};
  };
  route.handle = [](const httpd::Request&, const httpd::Respond&) {};
  router.Add(std::move(route));
}

}  // namespace segrid::webhook
