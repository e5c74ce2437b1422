// The paths of the status page at the admin listener.

#pragma once

#include "server/http/router.h"
#include "server/status_page/status.h"

namespace segrid::status_page {

// Adds the page `/`, its parts `/page.css` and `/page.js`, its figures
// `/status.json`, and `/runbook`. The policy in their headers lets a browser
// load nothing from elsewhere, and run no script but /page.js.
void AddRoutes(httpd::Router& router, Sources sources);

}  // namespace segrid::status_page
