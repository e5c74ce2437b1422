// How a process that wants a backup and the server that has the queue talk: by
// one small file in the queue's directory, so that whoever may read the
// directory may copy it, and nobody else.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace segrid::queue::rocksdb {

// The file `backup`, a line of text:
//
//   wanted          the copying process asks for a snapshot
//   ready           the server: it is in `snapshot`, until the request ends
//   refused WHY     the server: there is none
//   done BYTES      the copying process: the copy is whole
//   failed WHY      the copying process: it is not
//
// The copying process holds a lock on it as long as it lives, so that the
// server knows when it is gone. Not thread-safe.
class BackupRequest {
 public:
  enum class Kind { kWanted, kReady, kRefused, kDone, kFailed };
  struct State {
    Kind kind = Kind::kWanted;
    std::string detail{};
  };

  // The copying process: makes the file and locks it.
  // FAILED_PRECONDITION/BACKUP_RUNNING: another process makes a backup.
  // FAILED_PRECONDITION/BAD_DATA_DIR:   the file cannot be made.
  static absl::StatusOr<std::unique_ptr<BackupRequest>> Make(
      const std::string& queue_directory);
  // The server: opens the file. Null: there is none.
  static std::unique_ptr<BackupRequest> Find(
      const std::string& queue_directory);

  // Unlocks the file. Who made it has deleted it before, or leaves that to the
  // server.
  ~BackupRequest();
  BackupRequest(const BackupRequest&) = delete;
  BackupRequest& operator=(const BackupRequest&) = delete;

  // Nullopt: somebody is writing it, or it is damaged.
  std::optional<State> Read() const;
  // An error of writing shows in what the other side does not see.
  void Write(Kind kind, std::string_view detail = {});
  // The server: whether the copying process still has it locked.
  bool IsAlive() const;
  void Delete();

 private:
  BackupRequest(std::string path, int file)
      : path_(std::move(path)), file_(file) {}

  const std::string path_;
  const int file_;
};

// Where the server puts the snapshot.
std::string SnapshotPath(const std::string& queue_directory);

// When the last good backup of a queue was made, and its size.
struct LastBackup {
  absl::Time time = absl::InfinitePast();  // Never.
  std::int64_t bytes = 0;
};
LastBackup ReadLastBackup(const std::string& queue_directory);
// For the owner of the directory. What cannot be written stays as it was.
void WriteLastBackup(const std::string& queue_directory,
                     const LastBackup& last);

}  // namespace segrid::queue::rocksdb
