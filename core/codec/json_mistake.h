// Why a body is refused: found out by a second, slow reading, so that the fast
// one need not keep account of what it would say.

#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace segrid::codec {

// What is wrong with a body that JsonReader refuses, and where: the first
// mistake's byte, counted from 0 in the body as it came, and the element of the
// array in which it stands. Names what people post by mistake: other encodings,
// forms, gzip, a lone event, events line by line. Never shows the contents.
//
// INVALID_ARGUMENT, NOT_AN_ARRAY: it is JSON but no array.
// INVALID_ARGUMENT, INVALID_JSON: it is no JSON.
//
// Thread safety: a function without state. Blocking: never. Linear in the body.
absl::Status ExplainRefusal(std::string_view body);

}  // namespace segrid::codec
