// An event as text, so that events from different readers can be compared.

#pragma once

#include <string>

#include "core/codec/event.h"
#include "segrid/v1/sendgrid_event.pb.h"
#include "simdjson.h"

namespace segrid::testing {

// How custom arguments appear.
enum class Args {
  kListed,  // All, in order.
  kFolded,  // As in a map: sorted by key, the last of several, missing = "".
};

// One line per value that is there, in the order of the catalog. Texts are
// unescaped; numbers are normalized.
std::string DumpEvent(const codec::Event& event, Args args);

// The same of an object of simdjson's DOM, read as the catalog says; arguments
// listed.
std::string DumpEvent(simdjson::dom::object object);

// The same of the generated class; arguments folded.
std::string DumpEvent(const v1::SendGridEvent& event);

}  // namespace segrid::testing
