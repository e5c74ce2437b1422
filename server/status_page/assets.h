// The files that the browser gets. The build makes them part of the program.

#pragma once

#include <string_view>

namespace segrid::status_page {

// page.html, page.css and page.js: the status page, which asks for nothing from
// elsewhere.
extern const std::string_view kPageHtml;
extern const std::string_view kPageCss;
extern const std::string_view kPageJs;

// docs/runbook.md as a page, with an anchor for each state, reason and alert.
extern const std::string_view kRunbookHtml;

}  // namespace segrid::status_page
