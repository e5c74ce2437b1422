// Copies the files of a data directory so that they are on the disk.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace segrid::app {

// Copies files byte for byte, never as links, so that nothing that is written
// to the original shows in the copy; a database of SQLite by SQLite itself.
// Copies are for their owner alone, and synced. Not thread-safe; blocking.
//
// Errors: UNAVAILABLE/BACKUP_FAILED says which file, and why.
class DataCopy {
 public:
  // Copies all files of a folder, and of those in it, that `skip` does not name
  // (their names in the topmost folder). `to` is made. Files that are added or
  // renamed meanwhile are found; what is no file and no folder is passed over.
  absl::Status CopyFolder(const std::string& from, const std::string& to,
                          const std::vector<std::string>& skip = {});
  // Makes what was copied into a folder durable.
  static absl::Status SyncFolder(const std::string& path);

  std::int64_t bytes() const { return bytes_; }
  std::int64_t files() const { return files_; }

 private:
  using Files = std::map<std::string, ino_t>;  // By their names.

  static absl::Status List(const std::string& folder,
                           const std::vector<std::string>& skip, Files& files,
                           std::vector<std::string>& folders);
  absl::Status CopyFile(const std::string& from, const std::string& to);
  absl::Status CopyBytes(const std::string& from, const std::string& to);
  absl::Status CopyDatabase(const std::string& from, const std::string& to);

  std::int64_t bytes_ = 0;
  std::int64_t files_ = 0;
};

}  // namespace segrid::app
