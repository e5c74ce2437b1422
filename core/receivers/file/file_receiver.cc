#include "core/receivers/file/file_receiver.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/receivers/file/rotated_files.h"

namespace segrid::receivers::file {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kMode = 0600;

absl::Status BadPath(const std::string& what, const std::string& why) {
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_PATH",
      absl::StrCat(what, ": ", why,
                   "; give a path that this user may write to"));
}

std::string Why(int error) { return std::generic_category().message(error); }

fs::path FolderOf(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// Makes names in a folder as durable as what is in the files.
int SyncFolder(const fs::path& folder) {
  const int descriptor =
      ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return errno;
  const int error = ::fsync(descriptor) == 0 ? 0 : errno;
  ::close(descriptor);
  // Some file systems cannot, and need not.
  return error == EINVAL ? 0 : error;
}

// Cuts off what follows the last line's end; returns the size, or -1.
std::int64_t CutToLines(int descriptor, std::int64_t size) {
  std::array<char, 4096> block;
  std::int64_t end = size;
  while (end > 0) {
    const std::int64_t begin =
        std::max<std::int64_t>(0, end - std::ssize(block));
    const auto length = static_cast<std::size_t>(end - begin);
    if (::pread(descriptor, block.data(), length, begin) !=
        static_cast<ssize_t>(length)) {
      return -1;
    }
    const std::string_view text(block.data(), length);
    const std::size_t newline = text.rfind('\n');
    if (newline != std::string_view::npos) {
      end = begin + static_cast<std::int64_t>(newline) + 1;
      break;
    }
    end = begin;
  }
  if (end != size && ::ftruncate(descriptor, end) != 0) return -1;
  return end;
}

// False when somebody has moved or deleted the file.
bool IsSameFile(const std::string& path, int descriptor) {
  struct stat named {};
  struct stat open {};
  return ::stat(path.c_str(), &named) == 0 && ::fstat(descriptor, &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

// When the file was made, or if nobody knows, written last.
absl::Time BeginOf(int descriptor) {
  struct statx found {};
  if (::statx(descriptor, "", AT_EMPTY_PATH, STATX_BTIME | STATX_MTIME,
              &found) != 0) {
    return absl::InfiniteFuture();
  }
  const auto& time =
      (found.stx_mask & STATX_BTIME) != 0 ? found.stx_btime : found.stx_mtime;
  return absl::FromUnixSeconds(time.tv_sec);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileReceiver>> FileReceiver::Open(
    FileOptions options, base::Clock& clock) {
  if (options.path.empty()) return BadPath("path", "it is empty");
  const fs::path folder = FolderOf(options.path);
  std::error_code no_folder;
  fs::create_directories(folder, no_folder);
  if (no_folder) {
    return BadPath(absl::StrCat("cannot make folder '", folder.string(), "'"),
                   no_folder.message());
  }
  std::unique_ptr<FileReceiver> receiver(
      new FileReceiver(std::move(options), clock));
  absl::MutexLock lock(&receiver->mu_);
  if (const int error = receiver->OpenFile(); error != 0) {
    return BadPath(
        absl::StrCat("cannot open file '", receiver->options_.path, "'"),
        Why(error));
  }
  return receiver;
}

FileReceiver::FileReceiver(FileOptions options, base::Clock& clock)
    : options_(std::move(options)), clock_(clock) {}

FileReceiver::~FileReceiver() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int FileReceiver::OpenFile() {
  const int descriptor =
      ::open(options_.path.c_str(),
             O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode);
  if (descriptor < 0) return errno;
  struct stat found {};
  std::int64_t size = ::fstat(descriptor, &found) == 0 ? found.st_size : -1;
  if (size > 0) size = CutToLines(descriptor, size);
  int error = size < 0 ? errno : SyncFolder(FolderOf(options_.path));
  if (error != 0) {
    ::close(descriptor);
    return error;
  }
  descriptor_ = descriptor;
  size_bytes_ = size;
  begun_ = BeginOf(descriptor);
  return 0;
}

void FileReceiver::Send(Batch batch, Done done) {
  std::string lines;
  for (const std::string_view track : batch.tracks) {
    lines += track;
    lines += '\n';
  }
  int error = 0;
  {
    absl::MutexLock lock(&mu_);
    error = Write(lines);
  }
  if (error == 0) return done({.verdict = Verdict::kDelivered});
  const std::string detail =
      absl::StrCat("cannot write to '", options_.path, "': ", Why(error));
  done({.verdict = Verdict::kRetry, .detail = detail, .answer = detail});
}

int FileReceiver::Write(std::string_view lines) {
  if (descriptor_ >= 0 && !IsSameFile(options_.path, descriptor_)) {
    ::close(std::exchange(descriptor_, -1));
  }
  if (descriptor_ >= 0 && IsDue(std::ssize(lines))) {
    if (const int error = Rotate(); error != 0) return error;
  }
  if (descriptor_ < 0) {
    if (const int error = OpenFile(); error != 0) return error;
  }
  if (size_bytes_ == 0) begun_ = clock_.Now();
  return Append(lines);
}

bool FileReceiver::IsDue(std::int64_t more_bytes) const {
  if (size_bytes_ == 0) return false;
  const bool large = options_.rotate_bytes > 0 &&
                     size_bytes_ + more_bytes > options_.rotate_bytes;
  const bool old = options_.rotate_age > absl::ZeroDuration() &&
                   clock_.Now() - begun_ >= options_.rotate_age;
  return large || old;
}

int FileReceiver::Rotate() {
  const std::string name = RotatedName(options_.path, clock_.Now());
  if (std::rename(options_.path.c_str(), name.c_str()) != 0) return errno;
  ::close(std::exchange(descriptor_, -1));
  PruneRotated(options_.path, options_.keep);
  return 0;
}

int FileReceiver::Append(std::string_view lines) {
  const auto length = std::ssize(lines);
  int error = 0;
  while (!lines.empty() && error == 0) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
    if (written >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (error == 0 && ::fdatasync(descriptor_) != 0 && errno != EINVAL) {
    error = errno;
  }
  if (error == 0) {
    size_bytes_ += length;
  } else if (::ftruncate(descriptor_, size_bytes_) != 0) {
    // What is there now is found out by opening it again.
    ::close(std::exchange(descriptor_, -1));
  }
  return error;
}

}  // namespace segrid::receivers::file
