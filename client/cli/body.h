// The body that a command reads.

#pragma once

#include <CLI/App.hpp>
#include <cstdint>
#include <string>

#include "client/result.h"

namespace segrid::cli {

// Where the body comes from. A plain value.
struct BodyFlags {
  std::string file = "-";  // `-` is standard input.
  std::string max_bytes = "64MiB";
};

// Adds `[FILE]` and `--max-body`.
void AddBodyFlags(CLI::App& command, BodyFlags& flags);

// How messages call the body: the file's name or `standard input`.
std::string NameOf(const BodyFlags& flags);

// Reads the whole body, and unpacks it where it is a gzip. Never keeps more
// than the limit and one block. NOT_FOUND, UNAVAILABLE or DATA_LOSS when it
// cannot be read, RESOURCE_EXHAUSTED when it is over the limit,
// INVALID_ARGUMENT when it is empty; the message names the body.
Result<std::string> ReadBody(const BodyFlags& flags);

// The same without unpacking anything.
Result<std::string> ReadBytes(const BodyFlags& flags);

}  // namespace segrid::cli
