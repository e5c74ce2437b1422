// The store's directory: who may use it, and in which format it is.

#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace segrid::queue::rocksdb {

// In a copy that is not whole yet: Open refuses a directory with such a file.
inline constexpr char kUnfinishedName[] = "UNFINISHED";

// A locked directory; the destructor unlocks it. Not thread-safe.
class Directory {
 public:
  // Why the directory is opened.
  enum class Purpose {
    kServe,   // Makes it, for the owner alone, if it is missing.
    kLook,    // It must be there; not a byte of it is changed.
    kRepair,  // It must be there; a FORMAT file that is damaged or missing is
              // made.
  };

  // Locks it. A directory that is made gets kFormatVersion.
  //
  // FAILED_PRECONDITION/QUEUE_LOCKED:  another process uses it.
  // FAILED_PRECONDITION/QUEUE_FORMAT:  a newer version wrote it; not a byte is
  //                                    changed.
  // FAILED_PRECONDITION/BAD_DATA_DIR:  it cannot be made, read or written: says
  //                                    why, and to whom it belongs; or it is a
  //                                    backup that was not finished.
  // NOT_FOUND/NO_QUEUE:                it is missing, and not made.
  // DATA_LOSS/QUEUE_CORRUPT:           it has data and no valid FORMAT file.
  static absl::StatusOr<std::unique_ptr<Directory>> Open(
      const std::string& path, Purpose purpose);

  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // Tells people what kRepair had to make anew; usually empty.
  const std::string& repaired() const { return repaired_; }

  // In which format it is.
  int format() const { return format_; }
  // Says in the FORMAT file that it is in this program's format from now on,
  // which older programs refuse. Errors: as Open.
  absl::Status RaiseFormat();

  // Writes the FORMAT file of a copy in `path`. Errors: as Open.
  static absl::Status WriteFormatOf(const std::string& path, int format);

  // OK while the path leads to what Open locked, and not to nothing, or to
  // another directory in its place.
  absl::Status CheckPlace() const;

  // Paths in it of earlier databases that a repair left beside the one in use.
  std::vector<std::string> Leftovers() const;

  const std::string& path() const { return path_; }
  std::string database() const { return path_ + "/db"; }
  std::string watermark() const { return path_ + "/watermark"; }
  std::string reserve() const { return path_ + "/reserve"; }
  std::string probe() const { return path_ + "/probe"; }

 private:
  Directory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;  // -1: looks at a directory that nobody ever locked.
  int format_ = 0;
  std::string repaired_{};
};

}  // namespace segrid::queue::rocksdb
