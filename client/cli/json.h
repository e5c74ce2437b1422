// JSON for programs.

#pragma once

#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>

#include <string>
#include <string_view>

#include "client/cli/console.h"

namespace segrid::cli {

// Prints a message as one line of protobuf's canonical JSON with the names of
// the .proto file and every field, safe for terminals; 64-bit integers are
// strings there.
void PrintJson(Console& console, const google::protobuf::Message& message);

// Appends `text` as a JSON string with its quotes, safe for terminals: see
// SafeJson().
void AppendJsonString(std::string& out, std::string_view text);

// RFC 3339 in UTC with milliseconds, `2020-06-09T18:19:12.000Z`; "" for a
// timestamp that is not set or out of range.
std::string TimeText(const google::protobuf::Timestamp& time);

}  // namespace segrid::cli
