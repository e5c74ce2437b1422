// Posts to a name below /v1/webhook that no webhook has: a mistyped address in
// SendGrid's settings, most likely.

#pragma once

#include <string>
#include <vector>

#include "server/http/router.h"

namespace segrid::webhook {

// Answers such posts with 404, before anything of the body is read. The log
// hears of `names`, which are the webhooks', not of the path, because it may
// hold a secret. Add it after the webhooks.
void AddUnknownPath(httpd::Router& router,
                    const std::vector<std::string>& names);

}  // namespace segrid::webhook
