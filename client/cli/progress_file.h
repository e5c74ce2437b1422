// How far a backfill or a forward came, in a file, so that it can go on after a
// stop.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "client/result.h"

namespace segrid::cli {

// Lines of `<events done><TAB><name>`. Empty path: nothing is kept.
// Thread safety: none.
class ProgressFile {
 public:
  // A missing file is an empty one. INVALID_ARGUMENT: it is no such file.
  // UNAVAILABLE: it cannot be written, which is better known before the work.
  static Result<ProgressFile> Open(const std::string& path);

  // Events of `name` that are done.
  std::int64_t Done(const std::string& name) const;

  // All that is noted.
  const std::map<std::string, std::int64_t>& all() const { return done_; }

  // Notes it, for good: writes beside the file and renames. UNAVAILABLE: it
  // cannot be written.
  std::optional<Error> Note(const std::string& name, std::int64_t done);

  // Drops a note, for good with the next Note().
  void Forget(const std::string& name) { done_.erase(name); }

 private:
  explicit ProgressFile(std::string path) : path_(std::move(path)) {}

  std::optional<Error> Write() const;

  std::string path_;
  std::map<std::string, std::int64_t> done_;
};

}  // namespace segrid::cli
