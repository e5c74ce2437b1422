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
#include "core/base/data_file.h"
#include "core/base/error_info.h"
#include "core/receivers/file/rotated_files.h"

namespace segrid::receivers::file {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kMode = 0600;
constexpr int kOpenFlags =
    O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;

absl::Status BadPath(const std::string& what, const std::string& why) {
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_PATH",
      absl::StrCat(what, ": ", why,
                   "; give a path that this user may write to"));
}

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
  const std::string path = fs::path(options.data_dir) / options.path;
  const std::string problem =
      base::DescribeBadDataFile(options.data_dir, options.path);
  if (!problem.empty()) {
    return base::MakeError(absl::StatusCode::kFailedPrecondition, "BAD_PATH",
                           absl::StrCat("'", path, "' ", problem));
  }
  const fs::path folder = FolderOf(path);
  std::error_code no_folder;
  fs::create_directories(folder, no_folder);
  if (no_folder) {
    return BadPath(absl::StrCat("cannot make folder '", folder.string(), "'"),
                   no_folder.message());
  }
  std::unique_ptr<FileReceiver> receiver(
      new FileReceiver(std::move(options), clock));
  // Only whether it can be opened. What a crash left in it is cut off when a
  // batch is written, because until then another receiver, whom this one
  // follows, may be in the middle of a line.
  const int descriptor = ::open(receiver->path_.c_str(), kOpenFlags, kMode);
  if (descriptor < 0) {
    return BadPath(absl::StrCat("cannot open file '", receiver->path_, "'"),
                   receiver->Why(errno));
  }
  ::close(descriptor);
  return receiver;
}

FileReceiver::FileReceiver(FileOptions options, base::Clock& clock)
    : options_(std::move(options)),
      path_(fs::path(options_.data_dir) / options_.path),
      clock_(clock) {}

FileReceiver::~FileReceiver() = default;

std::string FileReceiver::Why(int error) const {
  if (error != kNotOurs) return std::generic_category().message(error);
  return absl::StrCat(
      "it ", base::DescribeBadDataFile(options_.data_dir, options_.path));
}

int FileReceiver::OpenFile() {
  // Somebody may have put something else there since the start.
  if (!base::DescribeBadDataFile(options_.data_dir, options_.path).empty()) {
    return kNotOurs;
  }
  const int descriptor = ::open(path_.c_str(), kOpenFlags, kMode);
  if (descriptor < 0) return errno;
  struct stat found {};
  int error = ::fstat(descriptor, &found) == 0 ? 0 : errno;
  if (error == 0 && !S_ISREG(found.st_mode)) error = kNotOurs;
  const bool as_we_left_it = found.st_dev == device_ &&
                             found.st_ino == inode_ &&
                             found.st_size == size_bytes_ && size_bytes_ > 0;
  if (error == 0 && !as_we_left_it) error = Adopt(descriptor, found.st_size);
  if (error != 0) {
    ::close(descriptor);
    return error;
  }
  descriptor_ = descriptor;
  device_ = found.st_dev;
  inode_ = found.st_ino;
  return 0;
}

int FileReceiver::Adopt(int descriptor, std::int64_t size) {
  if (size > 0) size = CutToLines(descriptor, size);
  if (size < 0) return errno;
  size_bytes_ = size;
  begun_ = BeginOf(descriptor);
  return SyncFolder(FolderOf(path_));
}

void FileReceiver::CloseFile() {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
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
      absl::StrCat("cannot write to '", path_, "': ", Why(error));
  done({.verdict = Verdict::kRetry, .detail = detail, .answer = detail});
}

int FileReceiver::Write(std::string_view lines) {
  int error = OpenFile();
  if (error == 0 && IsDue(std::ssize(lines))) {
    error = Rotate();
    if (error == 0) error = OpenFile();
  }
  if (error == 0) {
    if (size_bytes_ == 0) begun_ = clock_.Now();
    error = Append(lines);
  }
  CloseFile();
  return error;
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
  const std::string name = RotatedName(path_, clock_.Now());
  if (std::rename(path_.c_str(), name.c_str()) != 0) return errno;
  CloseFile();
  PruneRotated(path_, options_.keep);
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
    // Opening it again finds out what is there now.
    size_bytes_ = -1;
  }
  return error;
}

}  // namespace segrid::receivers::file
