// Which of several forms of a response a client wants, by the headers Accept
// and Accept-Encoding (RFC 9110, 12.5).

#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace segrid::httpd {

// A form that a response can have.
struct MediaType {
  std::string_view type;     // "text/plain", in lower case.
  std::string_view version;  // The value of its parameter `version`.
};

// The index of the media type in `offered` that `accept`, the value of an
// Accept header, prefers: the one with the highest quality, of equal ones the
// one that is named more exactly, then the first. A range that names another
// version, or another charset than UTF-8, or has a malformed quality, matches
// none. When no range matches, the index is 0, because a scraper can do more
// with the default than with an error. `offered` is not empty.
//
// Thread safety: a function without state. Blocking: never.
std::size_t PreferredType(std::string_view accept,
                          std::span<const MediaType> offered);

// Whether `accept_encoding`, the value of an Accept-Encoding header, wants the
// body in gzip at least as much as plain. Thread safety and blocking as above.
bool PrefersGzip(std::string_view accept_encoding);

}  // namespace segrid::httpd
