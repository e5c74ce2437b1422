// Why a body is refused: found out by a second, slow reading, so that the fast
// one need not keep account of what it would say.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace segrid::codec {

// The mistake in a body that JsonReader refuses, and its place: the first
// mistake's byte, counted from 0 in the body as it came, and the element of the
// array in which it stands. Names what people post by mistake: other encodings,
// forms, gzip, a lone event, events line by line. Never shows the contents.
//
// INVALID_ARGUMENT, NOT_AN_ARRAY: it is JSON but no array.
// INVALID_ARGUMENT, INVALID_JSON: it is no JSON.
//
// Thread safety: a function without state. Blocking: never. Linear in the body.
absl::Status ExplainRefusal(std::string_view body);

// Why JSON does not go on with `rest` where something else is expected, such as
// "a value is expected here": names what is there, at most one character of
// it. Says that it is cut off when `rest` is empty.
std::string WhyNotHere(std::string_view rest, std::string_view expected);

}  // namespace segrid::codec
