#include "client/cli/rejected_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace segrid::cli {

Error RejectedFile::Failed(const char* what) const {
  Error error;
  error.code = ErrorCode::kUnavailable;
  error.message = path_ + ": " + what + ": " + std::strerror(errno);
  return error;
}

Result<RejectedFile> RejectedFile::Open(const std::string& path) {
  RejectedFile file(path);
  if (path.empty()) return file;
  // The lines are about people: for the owner alone.
  constexpr mode_t kMode = 0600;
  file.descriptor_ =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  if (file.descriptor_ < 0) return file.Failed("cannot be written");
  if (flock(file.descriptor_, LOCK_EX | LOCK_NB) != 0) {
    Error error;
    error.code = ErrorCode::kFailedPrecondition;
    error.message = path + ": another backfill writes it; name another file";
    return error;
  }
  struct stat about {};
  if (fstat(file.descriptor_, &about) != 0) return file.Failed("no size");
  file.size_ = file.known_ = about.st_size;
  char last = '\n';
  if (S_ISREG(about.st_mode) && about.st_size > 0 &&
      pread(file.descriptor_, &last, 1, about.st_size - 1) != 1) {
    return file.Failed("cannot be read");
  }
  file.in_line_ = last != '\n';
  return file;
}

RejectedFile::RejectedFile(RejectedFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      size_(other.size_),
      known_(other.known_),
      in_line_(other.in_line_),
      is_synced_(other.is_synced_) {}

RejectedFile::~RejectedFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

void RejectedFile::GoOnAt(std::int64_t size) {
  if (!is_kept()) return;
  known_ = std::min(size, size_);
  char last = '\n';
  const bool read = known_ > 0 && pread(descriptor_, &last, 1, known_ - 1) == 1;
  in_line_ = read && last != '\n';
}

std::optional<Error> RejectedFile::CutTo(std::int64_t size) {
  if (!is_kept() || size >= size_) return std::nullopt;
  if (ftruncate(descriptor_, size) != 0) return Failed("cannot be cut");
  size_ = known_ = size;
  is_synced_ = false;
  char last = '\n';
  if (size > 0 && pread(descriptor_, &last, 1, size - 1) != 1) {
    return Failed("cannot be read");
  }
  in_line_ = last != '\n';
  return std::nullopt;
}

// Whether the file goes on with these bytes.
bool RejectedFile::IsThere(std::string_view bytes) const {
  std::string there(bytes.size(), '\0');
  const ssize_t got = pread(descriptor_, there.data(), there.size(), known_);
  return got == static_cast<ssize_t>(bytes.size()) && there == bytes;
}

std::optional<Error> RejectedFile::Begin() {
  return in_line_ ? Append("\n") : std::nullopt;
}

std::optional<Error> RejectedFile::Append(std::string_view bytes) {
  if (!is_kept() || bytes.empty()) return std::nullopt;
  in_line_ = bytes.back() != '\n';
  if (known_ < size_ && IsThere(bytes)) {
    known_ += static_cast<std::int64_t>(bytes.size());
    return std::nullopt;
  }
  is_synced_ = false;
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Failed("cannot be written");
    size_ += written;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  known_ = size_;
  return std::nullopt;
}

std::optional<Error> RejectedFile::Sync() {
  if (!is_kept() || is_synced_) return std::nullopt;
  // A pipe or a terminal has nothing to make sure of.
  if (fdatasync(descriptor_) != 0 && errno != EINVAL) {
    return Failed("cannot be synced");
  }
  is_synced_ = true;
  return std::nullopt;
}

}  // namespace segrid::cli
