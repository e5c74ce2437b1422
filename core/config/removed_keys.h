// Which protection a new file would take away from the one before it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/config/config.h"

namespace segrid::config {

// The keys below `grpc`, `http`, `admin` and `webhooks` that hold something in
// the text `before` and nothing any more in the text `now`, because they are
// missing, have no value, or have an empty one: `grpc.tokens`,
// `webhooks[default].public_keys`. A list may lose elements as long as it keeps
// one. An element that has a `name` is compared with the one of that name; of
// other lists, a key that every element had must stand in every element.
//
// This knows no schema, so that a new key is covered by itself. Both texts are
// configurations that Load() takes. In the order of `before`, without
// duplicates.
std::vector<std::string> RemovedKeys(std::string_view before,
                                     std::string_view now);

// The listeners (`http.listen[127.0.0.1:8080]`), webhooks (`webhooks[a]`) and
// sources (`sources[a]`) of `before` that `now` lacks. Both are effective
// configurations, so that defaults count, too.
std::vector<std::string> RemovedParts(const Config& before, const Config& now);

// The element of `part` among those that RemovedParts() gives, as a key that
// covers it: true if `allowed` is `part`, or a section or list above it.
// `sources.a` stands for `sources[a]`.
bool CoversKey(std::string_view allowed, std::string_view part);

// True if the text `now` ends in the middle of a line of `before`: its last
// line has no line break and is the beginning of a line of `before`, which
// ended with one. So a value may be cut (`api.example.co`) and still be good.
bool EndsInsideALineOf(std::string_view before, std::string_view now);

}  // namespace segrid::config
