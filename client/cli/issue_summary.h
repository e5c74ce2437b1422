// Which events gave no Track, in a few lines.

#pragma once

#include <google/protobuf/repeated_field.h>

#include "client/cli/console.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::cli {

// Prints a table with a line per reason: how many events, and the first.
void PrintIssueSummary(
    Console& console,
    const google::protobuf::RepeatedPtrField<v1::EventIssue>& issues);

}  // namespace segrid::cli
