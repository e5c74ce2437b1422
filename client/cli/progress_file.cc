#include "client/cli/progress_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string_view>
#include <utility>

namespace segrid::cli {
namespace {

Error Failed(ErrorCode code, const std::string& path, const std::string& what) {
  Error error;
  error.code = code;
  error.message = path + ": " + what;
  return error;
}

// An open file that is locked, and is removed in the end.
class FileLock {
 public:
  FileLock(std::string path, int descriptor)
      : path_(std::move(path)), descriptor_(descriptor) {}
  ~FileLock() {
    unlink(path_.c_str());
    close(descriptor_);
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  const std::string path_;
  const int descriptor_;
};

// Writes `text` into a new file at `path` and syncs it. False: see errno.
bool WriteAll(const std::string& path, std::string_view text) {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  constexpr mode_t kMode = 0666;  // Less the umask.
  const int file = open(path.c_str(), kFlags, kMode);
  if (file < 0) return false;
  while (!text.empty()) {
    const ssize_t written = write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  const bool good = text.empty() && fsync(file) == 0;
  const int why = errno;
  close(file);
  errno = why;
  return good;
}

// So that the rename outlasts a power cut. File systems that cannot sync a
// directory have no better.
void SyncDirectoryOf(const std::string& path) {
  std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) directory = ".";
  const int opened = open(directory.c_str(), O_RDONLY | O_CLOEXEC);
  if (opened < 0) return;
  fsync(opened);
  close(opened);
}

}  // namespace

std::optional<Error> ProgressFile::Lock() {
  const std::string path = path_ + ".lock";
  constexpr mode_t kMode = 0600;
  while (true) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kMode);
    if (file < 0) {
      return Failed(ErrorCode::kUnavailable, path,
                    std::string("cannot be written: ") + std::strerror(errno));
    }
    struct stat about {};
    const bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
    if (locked && fstat(file, &about) == 0 && about.st_nlink > 0) {
      lock_ = std::make_shared<FileLock>(path, file);
      return std::nullopt;
    }
    close(file);
    if (locked) continue;  // Its owner has just removed it.
    return Failed(ErrorCode::kFailedPrecondition, path_,
                  "another run uses it and would send the same events; wait "
                  "for its end or name another file");
  }
}

std::optional<Error> ProgressFile::Read() {
  std::ifstream file(path_);
  if (!file && errno == ENOENT) return std::nullopt;
  if (!file) {
    return Failed(ErrorCode::kUnavailable, path_, "cannot be read");
  }
  std::int64_t done = 0;
  std::string name;
  while (file >> done) {
    if (file.get() != '\t' || !std::getline(file, name) || done < 0) break;
    done_[name] = done;
  }
  if (file.eof()) return std::nullopt;
  return Failed(ErrorCode::kInvalidArgument, path_,
                "is not what --progress or --resume keep; name another file");
}

Result<ProgressFile> ProgressFile::Open(const std::string& path) {
  ProgressFile progress(path);
  if (path.empty()) return progress;
  if (auto error = progress.Lock()) return *std::move(error);
  if (auto error = progress.Read()) return *std::move(error);
  if (auto error = progress.Write()) return *std::move(error);
  return progress;
}

std::int64_t ProgressFile::Done(const std::string& name) const {
  const auto found = done_.find(name);
  return found == done_.end() ? 0 : found->second;
}

std::optional<Error> ProgressFile::Note(const std::string& name,
                                        std::int64_t number) {
  Set(name, number);
  return Write();
}

std::optional<Error> ProgressFile::Write() const {
  if (!is_kept()) return std::nullopt;
  std::string text;
  for (const auto& [name, number] : done_) {
    text.append(std::to_string(number)).append("\t").append(name).append("\n");
  }
  const std::string draft = path_ + ".new";
  if (WriteAll(draft, text) && std::rename(draft.c_str(), path_.c_str()) == 0) {
    SyncDirectoryOf(path_);
    return std::nullopt;
  }
  return Failed(ErrorCode::kUnavailable, path_,
                std::string("cannot be written: ") + std::strerror(errno));
}

}  // namespace segrid::cli
