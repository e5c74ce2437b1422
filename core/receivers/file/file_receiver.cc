#include "core/receivers/file/file_receiver.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"

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

}  // namespace

absl::StatusOr<std::unique_ptr<FileReceiver>> FileReceiver::Open(
    FileOptions options) {
  if (options.path.empty()) return BadPath("path", "it is empty");
  const fs::path folder = fs::path(options.path).parent_path();
  if (!folder.empty()) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) {
      return BadPath(absl::StrCat("cannot make folder '", folder.string(), "'"),
                     error.message());
    }
  }
  const int descriptor =
      ::open(options.path.c_str(),
             O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, kMode);
  if (descriptor < 0) {
    return BadPath(absl::StrCat("cannot open file '", options.path, "'"),
                   Why(errno));
  }
  return std::unique_ptr<FileReceiver>(
      new FileReceiver(std::move(options.path), descriptor));
}

FileReceiver::~FileReceiver() { ::close(descriptor_); }

void FileReceiver::Send(Batch batch, Done done) {
  std::string lines;
  for (const std::string_view track : batch.tracks) {
    lines += track;
    lines += '\n';
  }
  int error = 0;
  {
    absl::MutexLock lock(&mu_);
    error = Append(lines);
  }
  if (error == 0) return done({.verdict = Verdict::kDelivered});
  const std::string detail =
      absl::StrCat("cannot write to '", path_, "': ", Why(error));
  done({.verdict = Verdict::kRetry, .detail = detail, .answer = detail});
}

int FileReceiver::Append(std::string_view lines) {
  struct stat before {};
  if (::fstat(descriptor_, &before) != 0) return errno;
  while (!lines.empty()) {
    const ssize_t written = ::write(descriptor_, lines.data(), lines.size());
    if (written >= 0) {
      lines.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno != EINTR) {
      const int error = errno;
      // Not for pipes and devices, where it fails, and nothing is lost by that.
      (void)!::ftruncate(descriptor_, before.st_size);
      return error;
    }
  }
  return 0;
}

}  // namespace segrid::receivers::file
