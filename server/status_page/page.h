// The status page itself.

#pragma once

#include <string_view>

namespace segrid::status_page {

// page.html; the build puts it here. One file, without anything from elsewhere.
extern const std::string_view kPage;

}  // namespace segrid::status_page
