// Collects everything that is wrong with a file, so that it is told at once.

#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/config/node.h"

namespace segrid::config {

// The problems of one file. Not thread-safe.
class Problems {
 public:
  // The status tells this many; of the rest it tells the number.
  static constexpr std::size_t kMaxTold = 100;

  // `file` is the name for messages.
  explicit Problems(std::string_view file) : file_(file) {}

  // Notes a problem. `path` names the key (`sources[0].region`, "" = none);
  // `message` says what is wrong and what would be right, without secrets.
  void Add(Position position, std::string_view path, std::string_view message);

  // True if a problem was noted for exactly this path.
  bool Has(std::string_view path) const {
    return paths_.find(path) != paths_.end();
  }

  // OK without problems. Else INVALID_ARGUMENT, `INVALID_CONFIG`: one line
  // `file:line:column: path: message` for each, in the order of the file, and
  // the same as field violations.
  absl::Status ToStatus() const;

 private:
  struct Problem {
    Position position;
    std::string path;
    std::string message;
  };

  std::string file_;
  std::vector<Problem> problems_;
  std::set<std::string, std::less<>> paths_;
};

}  // namespace segrid::config
