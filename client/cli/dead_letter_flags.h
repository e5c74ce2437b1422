// Which dead letters a command means.

#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "client/cli/server_flags.h"
#include "segrid/v1/admin.pb.h"

namespace segrid::cli {

// As the command line gives them. A plain value.
struct DeadLetterFlags {
  ServerFlags server;
  std::string source;
  std::string reason;
  std::vector<std::uint64_t> ids;
  std::string since;
  std::string until;

  v1::DeadLetterFilter ToFilter() const;

  // The conditions besides the source as they were given, ` --reason EXPIRED`;
  // "" when there are none.
  std::string Described() const;
};

// Adds the server's flags and those above.
void AddDeadLetterFlags(CLI::App& command, DeadLetterFlags& flags);

// Adds the server's flags, the source, and the id of one dead letter.
void AddDeadLetterId(CLI::App& command, DeadLetterFlags& flags);

}  // namespace segrid::cli
