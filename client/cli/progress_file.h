// How far a backfill or a forward came, in a file, so that it can go on after a
// stop.

#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "client/result.h"

namespace segrid::cli {

// Lines of `<events done><TAB><file>`. Empty path: nothing is kept.
// Thread safety: none.
class ProgressFile {
 public:
  // A missing file is an empty one. INVALID_ARGUMENT: it is no such file.
  static Result<ProgressFile> Open(const std::string& path);

  // Events of `file` that are done.
  std::int64_t Done(const std::string& file) const;

  // Notes it, for good: writes beside the file and renames. UNAVAILABLE: it
  // cannot be written.
  std::optional<Error> Note(const std::string& file, std::int64_t done);

 private:
  explicit ProgressFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
  std::map<std::string, std::int64_t> done_;
};

}  // namespace segrid::cli
