// Delivers into a file: one Track per line. For a first try, and for pipelines
// that read files.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/receivers/receiver.h"

namespace segrid::receivers::file {

struct FileOptions {
  std::string path{};  // Missing folders above it are made.
};

// Appends to the file, which is made with mode 0600: it holds personal data. A
// batch is delivered when the operating system has all of it; one that does not
// fit is taken back as a whole, so that every line is a Track.
//
// Ownership:     owns the descriptor. Others may read the file, not write it.
// Thread safety: as Receiver; batches are written one after the other.
// Blocking:      Send waits for the disk; `done` runs inline.
// Errors:        every write error is kRetry; the disk may have room again.
class FileReceiver final : public Receiver {
 public:
  // FAILED_PRECONDITION/BAD_PATH: the file or a folder cannot be made or
  // opened; the text says which and why.
  static absl::StatusOr<std::unique_ptr<FileReceiver>> Open(
      FileOptions options);

  ~FileReceiver() override;
  FileReceiver(const FileReceiver&) = delete;
  FileReceiver& operator=(const FileReceiver&) = delete;

  void Send(Batch batch, Done done) override;
  Limits limits() const override { return {}; }
  std::string endpoint() const override { return path_; }

 private:
  FileReceiver(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}

  // 0, or the errno of what failed.
  int Append(std::string_view lines) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string path_;
  absl::Mutex mu_;
  const int descriptor_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::receivers::file
