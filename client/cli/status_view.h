// How the state of a server is shown.

#pragma once

#include <string>

#include "client/cli/console.h"
#include "client/cli/table.h"
#include "segrid/v1/admin.pb.h"

namespace segrid::cli {

// `RUNNING` in its colour.
Cell StateCell(v1::SourceState state);

// `prod (Marketing)`, or the name alone.
std::string WithLabel(const std::string& name, const std::string& label);

// `3h12m4s` from one moment to a later one; "-" where one is not set.
std::string Age(const google::protobuf::Timestamp& from,
                const google::protobuf::Timestamp& to);

// One line about the server, whose address is `address`.
void PrintServer(Console& console, const v1::ServerStatus& status,
                 const std::string& address);

// A line for each source that has something to say about its state.
void PrintStateDetails(Console& console, const v1::ServerStatus& status);

}  // namespace segrid::cli
