#include "core/queue/rocksdb/backup_request.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/access_error.h"
#include "core/base/error_info.h"

namespace segrid::queue::rocksdb {
namespace {

// In the order of Kind.
constexpr std::array<std::string_view, 5> kWords = {
    "wanted", "ready", "refused", "done", "failed"};
constexpr std::size_t kMaxBytes = 2'000;
constexpr mode_t kForOwner = 0600;

std::string RequestPath(const std::string& directory) {
  return directory + "/backup";
}

std::string LastPath(const std::string& directory) {
  return directory + "/backup.last";
}

absl::Status BadFile(const std::string& path, int error) {
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_DATA_DIR",
      absl::StrCat("'", path, "': ", base::DescribeAccessError(path, error),
                   "; run as root, or as the user that it belongs to"));
}

// A file in the directory, and for its owner, because the server may run as
// another user than we do. -1: see errno.
int Create(const std::string& directory, const std::string& path) {
  const int file =
      ::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, kForOwner);
  struct stat owner {};
  if (file >= 0 && ::stat(directory.c_str(), &owner) == 0 &&
      owner.st_uid != ::geteuid()) {
    if (::fchown(file, owner.st_uid, owner.st_gid) != 0) {
      const int error = errno;
      ::unlink(path.c_str());
      ::close(file);
      errno = error;
      return -1;
    }
  }
  return file;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BackupRequest>> BackupRequest::Make(
    const std::string& queue_directory) {
  const std::string path = RequestPath(queue_directory);
  // Locked before it has its name, so that nobody finds it unlocked.
  const std::string draft = absl::StrCat(path, ".", ::getpid());
  const int file = Create(queue_directory, draft);
  if (file < 0) return BadFile(draft, errno);
  std::unique_ptr<BackupRequest> request(new BackupRequest(path, file));
  request->Write(Kind::kWanted);
  int error = ::flock(file, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
  if (error == 0 && ::link(draft.c_str(), path.c_str()) != 0) error = errno;
  if (error == EEXIST) {
    // One whose process is gone is in nobody's way.
    const std::unique_ptr<BackupRequest> other = Find(queue_directory);
    if (other != nullptr && !other->IsAlive()) other->Delete();
    error = ::link(draft.c_str(), path.c_str()) == 0 ? 0 : errno;
  }
  ::unlink(draft.c_str());
  if (error == EEXIST) {
    return base::MakeError(
        absl::StatusCode::kFailedPrecondition, "BACKUP_RUNNING",
        absl::StrCat("a backup of '", queue_directory,
                     "' is being made: wait until it is done"));
  }
  if (error != 0) return BadFile(path, error);
  return request;
}

std::unique_ptr<BackupRequest> BackupRequest::Find(
    const std::string& queue_directory) {
  const std::string path = RequestPath(queue_directory);
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  return std::unique_ptr<BackupRequest>(new BackupRequest(path, file));
}

BackupRequest::~BackupRequest() { ::close(file_); }

std::optional<BackupRequest::State> BackupRequest::Read() const {
  std::string text(kMaxBytes, '\0');
  const ssize_t size = ::pread(file_, text.data(), text.size(), 0);
  if (size <= 0 || text[static_cast<std::size_t>(size) - 1] != '\n') {
    return std::nullopt;
  }
  text.resize(static_cast<std::size_t>(size) - 1);
  const std::size_t blank = std::min(text.find(' '), text.size());
  const auto word = std::find(kWords.begin(), kWords.end(),
                              std::string_view(text).substr(0, blank));
  if (word == kWords.end()) return std::nullopt;
  return State{static_cast<Kind>(word - kWords.begin()),
               text.substr(std::min(blank + 1, text.size()))};
}

void BackupRequest::Write(Kind kind, std::string_view detail) {
  std::string text(kWords[static_cast<std::size_t>(kind)]);
  text.append(" ").append(detail.substr(0, kMaxBytes / 2));
  std::replace(text.begin(), text.end(), '\n', ' ');
  text.append("\n");
  // Empty in between, which Read() takes for unfinished.
  if (::ftruncate(file_, 0) != 0) return;
  [[maybe_unused]] const ssize_t written =
      ::pwrite(file_, text.data(), text.size(), 0);
}

bool BackupRequest::IsAlive() const {
  if (::flock(file_, LOCK_EX | LOCK_NB) != 0) return true;
  ::flock(file_, LOCK_UN);
  return false;
}

void BackupRequest::Delete() { ::unlink(path_.c_str()); }

std::string SnapshotPath(const std::string& queue_directory) {
  return queue_directory + "/snapshot";
}

LastBackup ReadLastBackup(const std::string& queue_directory) {
  std::ifstream file(LastPath(queue_directory));
  std::int64_t seconds = 0;
  LastBackup last;
  if (!(file >> seconds >> last.bytes)) return {};
  last.time = absl::FromUnixSeconds(seconds);
  return last;
}

void WriteLastBackup(const std::string& queue_directory,
                     const LastBackup& last) {
  const std::string path = LastPath(queue_directory);
  const std::string draft = path + ".new";
  const int file = Create(queue_directory, draft);
  if (file < 0) return;
  const std::string text =
      absl::StrCat(absl::ToUnixSeconds(last.time), " ", last.bytes, "\n");
  const bool written = ::write(file, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       ::fsync(file) == 0;
  ::close(file);
  if (!written || ::rename(draft.c_str(), path.c_str()) != 0) {
    ::unlink(draft.c_str());
  }
}

}  // namespace segrid::queue::rocksdb
