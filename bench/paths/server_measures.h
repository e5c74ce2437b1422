// The cost of calls for a server, by the clock of its process.

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "bench/micro/https_sink.h"
#include "bench/paths/measure.h"
#include "bench/paths/path_servers.h"

namespace segrid::bench {

struct PathOptions {
  std::string bin;                  // Folder of the programs.
  std::string server_binary;        // Empty: segrid-server in `bin`.
  std::vector<std::string> bodies;  // Webhook bodies; empty: generated events.
  double scale = 1;                 // Of every length.
  std::vector<std::string> only;    // Beginnings of names; empty: all.
};

// The servers, and what is measured of them and beside them.
//
// Ownership:     keeps the servers, their data (deleted in the end) and the
//                input of the measures, which must not outlive it.
// Thread safety: none.
class PathMeasures {
 public:
  // Starts the servers that the asked measures need. `sink` takes what is
  // delivered, and outlives this. Errors: a server does not start, a body is no
  // array of events.
  static absl::StatusOr<std::unique_ptr<PathMeasures>> Start(
      const PathOptions& options, const HttpsSink& sink);
  ~PathMeasures();

  // In the order in which a round takes them: parts beside their whole.
  const std::vector<Measure>& measures() const { return measures_; }

 private:
  class Servers;
  PathMeasures();

  std::unique_ptr<Servers> servers_;
  std::vector<Measure> measures_;
};

}  // namespace segrid::bench
