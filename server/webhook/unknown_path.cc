#include "server/webhook/unknown_path.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace segrid::webhook {

void AddUnknownPath(httpd::Router& router,
                    const std::vector<std::string>& names) {
  httpd::Answer refusal =
      httpd::ErrorAnswer(404, "NO_SUCH_WEBHOOK",
                         "no webhook has this name; compare the address in "
                         "SendGrid's settings");
  refusal.refusal.detail =
      absl::StrCat("there are: ", absl::StrJoin(names, ", "));
  httpd::Route route;
  route.method = "POST";
  route.path = "/v1/webhook";
  route.below = true;
  route.before_body = [refusal = std::move(refusal)](const httpd::Request&) {
    return httpd::HeadVerdict{.refusal = refusal};
  };
  route.handle = [](const httpd::Request&, const httpd::Respond&) {};
  router.Add(std::move(route));
}

}  // namespace segrid::webhook
