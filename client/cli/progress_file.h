// How far a backfill or a forward came, in a file, so that it can go on after a
// stop.

#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "client/result.h"

namespace segrid::cli {

// Lines of `<number><TAB><name>`. Empty path: nothing is kept.
//
// A lock beside it, `<path>.lock`, keeps a second run away while this one or a
// copy of it lives; it goes with the process however that ends.
// Thread safety: none. Blocking: for the disk.
class ProgressFile {
 public:
  // A missing file is an empty one. INVALID_ARGUMENT: it is no such file.
  // UNAVAILABLE: it cannot be written, which is better known before the work.
  // FAILED_PRECONDITION: another run uses it.
  static Result<ProgressFile> Open(const std::string& path);

  // The number of `name`; 0 when there is none.
  std::int64_t Done(const std::string& name) const;

  // All that is noted.
  const std::map<std::string, std::int64_t>& all() const { return done_; }

  // Sets a number; for good with the next Write().
  void Set(const std::string& name, std::int64_t number) {
    done_[name] = number;
  }
  // Drops a number; for good with the next Write().
  void Forget(const std::string& name) { done_.erase(name); }

  // Writes all of it beside the file, syncs and renames: whatever happens, the
  // file has all of the old or all of the new. UNAVAILABLE: it cannot be
  // written.
  std::optional<Error> Write() const;

  // Sets a number and writes.
  std::optional<Error> Note(const std::string& name, std::int64_t number);

  bool is_kept() const { return !path_.empty(); }

 private:
  explicit ProgressFile(std::string path) : path_(std::move(path)) {}
  std::optional<Error> Lock();
  std::optional<Error> Read();

  std::string path_;
  std::shared_ptr<void> lock_;
  std::map<std::string, std::int64_t> done_;
};

}  // namespace segrid::cli
