// The frame of every HTML report: one file, light and dark, no script.

#pragma once

#include <string>

namespace segrid::bench {

// `title` is plain text, `body` HTML. The page loads nothing.
std::string HtmlPage(const std::string& title, const std::string& body);

}  // namespace segrid::bench
