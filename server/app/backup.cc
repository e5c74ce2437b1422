#include "server/app/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/access_error.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/directory.h"
#include "core/queue/rocksdb/queue_copy.h"
#include "server/app/data_copy.h"

namespace segrid::app {
namespace {

namespace fs = std::filesystem;
using queue::rocksdb::kUnfinishedName;
using queue::rocksdb::QueueCopy;

absl::Status BadTarget(const std::string& path, const std::string& why) {
  return base::MakeError(absl::StatusCode::kFailedPrecondition, "BAD_TARGET",
                         absl::StrCat("'", path, "' ", why));
}

// Whether `path`, which is there, is `folder` or lies in it, also through
// links.
bool LiesIn(const fs::path& path, const fs::path& folder) {
  std::error_code error;
  for (fs::path each = fs::canonical(path, error); !error;
       each = each.parent_path()) {
    if (fs::equivalent(each, folder, error)) return true;
    if (each == each.parent_path()) break;
  }
  return false;
}

// The folder while it is not whole. Ends with Keep() or is deleted.
class Draft {
 public:
  explicit Draft(std::string path) : path_(std::move(path)) {}
  ~Draft() {
    if (made_) Remove();
    if (mark_ >= 0) ::close(mark_);
  }
  Draft(const Draft&) = delete;
  Draft& operator=(const Draft&) = delete;

  const std::string& path() const { return path_; }
  std::string queue() const { return path_ + "/queue"; }

  // Makes the folder, in the place of what a killed backup left.
  absl::Status Make() {
    const std::string mark = absl::StrCat(queue(), "/", kUnfinishedName);
    struct stat found {};
    if (::lstat(path_.c_str(), &found) == 0) {
      const int left = ::open(mark.c_str(), O_RDONLY | O_CLOEXEC);
      const bool is_ours = left >= 0;
      const bool is_free = is_ours && ::flock(left, LOCK_EX | LOCK_NB) == 0;
      if (left >= 0) ::close(left);
      if (!is_ours) {
        return BadTarget(path_, "is in the way: delete or rename it");
      }
      if (!is_free) {
        return BadTarget(path_, "is being written by another backup");
      }
      Remove();
    }
    for (const std::string& folder : {path_, queue()}) {
      if (::mkdir(folder.c_str(), 0700) != 0) return Failed(folder);
      made_ = true;
    }
    mark_ = ::open(mark.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
    if (mark_ < 0 || ::flock(mark_, LOCK_EX | LOCK_NB) != 0) {
      return Failed(mark);
    }
    return absl::OkStatus();
  }

  // Gives the folder its name.
  absl::Status Keep(const std::string& name) {
    ::unlink(absl::StrCat(queue(), "/", kUnfinishedName).c_str());
    SEGRID_RETURN_IF_ERROR(DataCopy::SyncFolder(queue()));
    SEGRID_RETURN_IF_ERROR(DataCopy::SyncFolder(path_));
    if (::rename(path_.c_str(), name.c_str()) != 0) return Failed(name);
    made_ = false;
    return DataCopy::SyncFolder(fs::path(name).parent_path());
  }

 private:
  static absl::Status Failed(const std::string& path) {
    return BadTarget(path,
                     absl::StrCat("cannot be made: ",
                                  base::DescribeAccessError(path, errno)));
  }
  void Remove() const {
    std::error_code error;
    fs::remove_all(path_, error);
  }

  const std::string path_;
  bool made_ = false;
  int mark_ = -1;
};

// An absolute path without a slash at its end, whose folder is there.
absl::StatusOr<std::string> CheckTarget(const std::string& target,
                                        const std::string& data_dir) {
  std::error_code error;
  fs::path path = fs::absolute(target, error).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  if (error || target.empty() || path == path.parent_path()) {
    return BadTarget(target, "is no name for a folder");
  }
  const fs::file_status status = fs::symlink_status(path, error);
  if (fs::exists(status)) {
    if (!fs::is_directory(status)) return BadTarget(path, "is no folder");
    if (!fs::is_empty(path, error) || error) {
      return BadTarget(path, "is not empty: name a folder that is not there");
    }
  }
  const fs::path parent = path.parent_path();
  if (!fs::is_directory(parent, error)) {
    return BadTarget(parent, "is no folder: make it first");
  }
  if (LiesIn(parent, data_dir)) {
    return BadTarget(path,
                     "lies in the data directory, which it is to save: name "
                     "one outside, best on another disk");
  }
  return path.string();
}

// All in a queue's folder that is no part of the queue: locks, reserves, a
// snapshot, what repairs kept.
std::vector<std::string> NotOfQueue(const std::string& path) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name != "FORMAT" && name != "watermark" && name != "db") {
      names.push_back(name);
    }
  }
  return names;
}

absl::Status CopyAll(const QueueCopy& queue, const std::string& data_dir,
                     const Draft& draft, DataCopy& copy) {
  SEGRID_RETURN_IF_ERROR(
      copy.CopyFolder(queue.path(), draft.queue(), NotOfQueue(queue.path())));
  // Later than the queue: what it says was delivered is in them.
  return copy.CopyFolder(data_dir, draft.path(), {"queue", "grpc-tls"});
}

}  // namespace

absl::StatusOr<BackupReport> BackUp(const std::string& data_dir,
                                    const std::string& target,
                                    absl::Duration patience) {
  SEGRID_ASSIGN_OR_RETURN(const std::string path,
                          CheckTarget(target, data_dir));
  Draft draft(path + ".unfinished");
  SEGRID_RETURN_IF_ERROR(draft.Make());
  SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<QueueCopy> queue,
                          QueueCopy::Open(data_dir + "/queue", patience));
  DataCopy copy;
  absl::Status status = CopyAll(*queue, data_dir, draft, copy);
  if (status.ok()) status = draft.Keep(path);
  if (!status.ok()) {
    queue->Failed(std::string(status.message()));
    return status;
  }
  queue->Done(copy.bytes());
  return BackupReport{.directory = path,
                      .bytes = copy.bytes(),
                      .files = copy.files(),
                      .hot = queue->hot()};
}

}  // namespace segrid::app
