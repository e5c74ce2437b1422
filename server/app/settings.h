// From the command line to the effective configuration.

#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/config/config.h"
#include "server/app/command_line.h"

namespace segrid::app {

// A configuration and what it was read from.
struct Settings {
  config::Config config{};
  std::string file{};  // Of the configuration; "" for the embedded defaults.
  // By path: the text of that file and of those that its values include. They
  // may hold secrets.
  std::map<std::string, std::string> files{};
};

// Options over the file, or over the embedded defaults without one. On an error
// `files` has what was read until then.
//
// Thread safety: any thread. Blocking: reads the file.
// Errors:        those of config::Load and config::Defaults;
//                INVALID_ARGUMENT, INSECURE_LISTEN: --listen or a passed
//                socket opens a port that other machines can reach, without
//                what its listener needs for that.
absl::StatusOr<config::Config> LoadSettings(
    const CommandLine& line, std::map<std::string, std::string>& files);
absl::StatusOr<config::Config> LoadSettings(const CommandLine& line);

// A few lines for people: where it would listen, which sources, to which URL
// and by which way. Errors: those of receivers::WayOf.
absl::StatusOr<std::string> Summarize(const config::Config& config);

}  // namespace segrid::app
