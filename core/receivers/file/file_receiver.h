// Delivers into a file: one Track per line. For a first try, and for pipelines
// that read files.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::file {

struct FileOptions {
  // Where the file is, which never is one of the server's own below it; see
  // core/base/data_file.h. Missing folders are made.
  std::string data_dir{};
  std::string path{};  // Below data_dir.
  // A file is renamed (see rotated_files.h) and a new one begun before a batch
  // would make it larger than this, and when its first line is older than that.
  // 0: never. A batch stays in one file, also a batch that is larger.
  std::int64_t rotate_bytes = std::int64_t{1} << 30;
  absl::Duration rotate_age = absl::Hours(24);
  std::int32_t keep = 30;  // Renamed files; older ones are deleted. 0: all.
};

// Appends to the file, which is made with mode 0600: it holds personal data. A
// batch is delivered when the disk has all of it; one that does not fit is
// taken back as a whole, so that every line is a Track. What a crash left of a
// line is cut off before the next batch: its own was not delivered.
//
// Ownership:     keeps a reference to the clock. Others may read, move and
//                delete the file (then a new one is begun), not write it. It is
//                open only while a batch is written: deleting it gives its
//                space back at once.
// Thread safety: as Receiver; batches are written one after the other.
// Blocking:      Send waits for the disk; `done` runs inline.
// Errors:        every write error is kRetry; the disk may have room again.
class FileReceiver final : public Receiver {
 public:
  // FAILED_PRECONDITION/BAD_PATH: the file or a folder cannot be made or
  // opened; the text says which and why.
  static absl::StatusOr<std::unique_ptr<FileReceiver>> Open(FileOptions options,
                                                            base::Clock& clock);

  ~FileReceiver() override;
  FileReceiver(const FileReceiver&) = delete;
  FileReceiver& operator=(const FileReceiver&) = delete;

  void Send(Batch batch, Done done) override;
  Limits limits() const override { return {}; }
  std::string endpoint() const override { return path_; }

 private:
  FileReceiver(FileOptions options, base::Clock& clock);

  // Each gives 0, or the errno of what failed. kNotOurs: the path leads to what
  // is no file for Tracks.
  static constexpr int kNotOurs = -1;
  std::string Why(int error) const;
  int OpenFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Looks at a file that is new, or not as the last batch left it.
  int Adopt(int descriptor, std::int64_t size)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int Write(std::string_view lines) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int Rotate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  int Append(std::string_view lines) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  void CloseFile() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  bool IsDue(std::int64_t more_bytes) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const FileOptions options_;
  const std::string path_;  // With data_dir.
  base::Clock& clock_;
  absl::Mutex mu_;
  int descriptor_ ABSL_GUARDED_BY(mu_) = -1;
  // The file that was written last, and its size then; -1: nobody knows.
  dev_t device_ ABSL_GUARDED_BY(mu_) = 0;
  ino_t inode_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t size_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Time begun_ ABSL_GUARDED_BY(mu_);  // The time of the first line.
};

}  // namespace segrid::receivers::file
