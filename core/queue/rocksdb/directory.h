// The store's directory: who may use it, and in which format it is.

#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace segrid::queue::rocksdb {

// The format that this version writes; see FORMAT.md.
inline constexpr int kFormatVersion = 1;

// A locked directory; the destructor unlocks it.
class Directory {
 public:
  // What for.
  enum class Purpose {
    kServe,   // Makes it, for the owner alone, if it is missing.
    kLook,    // It must be there.
    kRepair,  // The same; a FORMAT file that is damaged or missing is made.
  };

  // Locks it.
  //
  // FAILED_PRECONDITION/QUEUE_LOCKED:  another process uses it.
  // FAILED_PRECONDITION/QUEUE_FORMAT:  a newer version wrote it; not a byte is
  //                                    changed.
  // FAILED_PRECONDITION/BAD_DATA_DIR:  it cannot be made or read.
  // NOT_FOUND/NO_QUEUE:                it is missing, and not made.
  // DATA_LOSS/QUEUE_CORRUPT:           it has data and no valid FORMAT file.
  static absl::StatusOr<std::unique_ptr<Directory>> Open(
      const std::string& path, Purpose purpose);

  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  // What kRepair had to mend: the text for people; usually empty.
  const std::string& mended() const { return mended_; }

  std::string database() const { return path_ + "/db"; }
  std::string watermark() const { return path_ + "/watermark"; }
  std::string reserve() const { return path_ + "/reserve"; }
  std::string probe() const { return path_ + "/probe"; }

 private:
  Directory(std::string path, int lock) : path_(std::move(path)), lock_(lock) {}

  const std::string path_;
  const int lock_;
  std::string mended_{};
};

}  // namespace segrid::queue::rocksdb
