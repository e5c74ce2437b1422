// Posts to a name below /v1/webhook that no webhook has: a mistyped address in
// SendGrid's settings, most likely.

#pragma once

#include <string>
#include <vector>

#include "core/base/clock.h"
#include "server/http/router.h"
#include "server/logging/log.h"

namespace segrid::webhook {

// Answers such posts with 404, before anything of the body is read, and says so
// in the log: once a minute at most, because anybody may post, and without the
// path, because it may hold a secret. `names` are the webhooks'; `log` and
// `clock` outlive the router. Add it after the webhooks.
void AddUnknownPath(httpd::Router& router, std::vector<std::string> names,
                    logging::Log& log, base::Clock& clock);

}  // namespace segrid::webhook
