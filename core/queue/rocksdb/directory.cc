#include "core/queue/rocksdb/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/access_error.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/format.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatWord = "segrid-queue ";
constexpr char kData[] = "/db/CURRENT";  // Is there when the database is.

absl::Status Refuse(std::string_view reason, const std::string& message) {
  return base::MakeError(absl::StatusCode::kFailedPrecondition, reason,
                         message);
}

absl::Status BadDirectory(const std::string& path, const std::string& what,
                          int error) {
  return Refuse(
      "BAD_DATA_DIR",
      absl::StrCat("the queue's directory '", path, "' cannot be used: '", what,
                   "': ", base::DescribeAccessError(what, error),
                   "; run as the user that it belongs to, or set "
                   "data_dir to another directory"));
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// 0, or why a path cannot be used in this way (R_OK, W_OK, X_OK).
int TryAccess(const std::string& path, int how) {
  return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0 ? 0 : errno;
}

// A file that may not be read or written must not be taken for damage.
absl::Status CheckAccess(const std::string& path, bool to_write) {
  const int how = to_write ? R_OK | W_OK : R_OK;
  for (const std::string& folder : {path, path + "/db"}) {
    int error = TryAccess(folder, how | X_OK);
    if (error == ENOENT && folder != path) return absl::OkStatus();
    if (error != 0) return BadDirectory(path, folder, error);
    std::error_code failed;
    for (fs::directory_iterator it(folder, failed), end; !failed && it != end;
         it.increment(failed)) {
      const std::string file = it->path().string();
      error = it->is_directory(failed) ? 0 : TryAccess(file, how);
      // It may be gone: RocksDB deletes files.
      if (error != 0 && error != ENOENT) return BadDirectory(path, file, error);
    }
  }
  return absl::OkStatus();
}

bool Exists(const std::string& path) {
  std::error_code error;
  return fs::exists(path, error);
}

// The version in the FORMAT file; nullopt: there is no such file.
absl::StatusOr<std::optional<int>> ReadFormat(const std::string& path) {
  const std::string file = path + "/FORMAT";
  if (!Exists(file)) return std::nullopt;
  if (const int error = TryAccess(file, R_OK); error != 0) {
    return BadDirectory(path, file, error);
  }
  const std::string text = ReadText(file);
  // An earlier version that crashed at its first start left this.
  if (text.empty() && !Exists(path + kData)) return std::nullopt;
  int version = 0;
  if (text.rfind(kFormatWord, 0) != 0 ||
      !absl::SimpleAtoi(text.substr(kFormatWord.size()), &version) ||
      version < 1) {
    return Corrupt(absl::StrCat(file, " is not what this program writes"));
  }
  if (version > kFormatVersion) {
    return Refuse(
        "QUEUE_FORMAT",
        absl::StrCat("the queue in '", path, "' has format ", version,
                     ", this program knows formats up to ", kFormatVersion,
                     "; nothing was changed: use the program that "
                     "wrote it, or a newer one"));
  }
  return version;
}

// Under another name first: a crash leaves all of it, or nothing.
absl::Status WriteFormat(const std::string& path, int version) {
  const std::string file = path + "/FORMAT.new";
  const int fd =
      ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return BadDirectory(path, file, errno);
  const std::string text =
      absl::StrCat(std::string(kFormatWord), version, "\n");
  const bool written = ::write(fd, text.data(), text.size()) ==
                           static_cast<ssize_t>(text.size()) &&
                       ::fsync(fd) == 0 &&
                       ::rename(file.c_str(), (path + "/FORMAT").c_str()) == 0;
  const int error = errno;
  ::close(fd);
  const int directory = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (directory >= 0) {
    ::fsync(directory);
    ::close(directory);
  }
  if (!written) return BadDirectory(path, file, error);
  return absl::OkStatus();
}

// Who looks shares the lock with others who look, and writes nothing into it:
// the file system may be read-only. -1: there is no lock, so nobody uses it.
absl::StatusOr<int> Lock(const std::string& path, bool to_write) {
  const std::string file = path + "/lock";
  const int fd = to_write
                     ? ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644)
                     : ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT && !to_write) return -1;
  if (fd < 0) return BadDirectory(path, file, errno);
  if (::flock(fd, (to_write ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0) {
    ::close(fd);
    std::string owner = ReadText(file);
    if (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return Refuse("QUEUE_LOCKED",
                  absl::StrCat("the queue in '", path,
                               "' is in use by another process (pid ", owner,
                               "): stop it, or set another data_dir"));
  }
  if (!to_write) return fd;
  const std::string pid = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    // The number only makes the other's error clearer.
  }
  return fd;
}

// Makes the directory if it is to be made; else it must be there.
absl::Status Make(const std::string& path, bool create) {
  struct stat found {};
  const int error = ::stat(path.c_str(), &found) == 0 ? 0 : errno;
  if (error == 0 && S_ISDIR(found.st_mode)) return absl::OkStatus();
  if (error != 0 && error != ENOENT) return BadDirectory(path, path, error);
  if (!create) {
    return base::MakeError(absl::StatusCode::kNotFound, "NO_QUEUE",
                           absl::StrCat("there is no queue in '", path, "'"));
  }
  std::error_code failed;
  fs::create_directories(path, failed);
  if (failed) return BadDirectory(path, path, failed.value());
  // It will hold addresses: nobody else's business.
  fs::permissions(path, fs::perms::owner_all, failed);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Directory>> Directory::Open(
    const std::string& path, Purpose purpose) {
  SEGRID_RETURN_IF_ERROR(Make(path, purpose == Purpose::kServe));
  if (Exists(path + "/" + kUnfinishedName)) {
    return Refuse("BAD_DATA_DIR",
                  absl::StrCat("'", path,
                               "' is a backup that was not finished: use "
                               "another one"));
  }
  const bool to_write = purpose != Purpose::kLook;
  const bool repair = purpose == Purpose::kRepair;
  const absl::Status known = ReadFormat(path).status();
  if (!known.ok() && !(repair && absl::IsDataLoss(known))) return known;
  SEGRID_ASSIGN_OR_RETURN(const int lock, Lock(path, to_write));
  std::unique_ptr<Directory> directory(new Directory(path, lock));
  SEGRID_RETURN_IF_ERROR(CheckAccess(path, to_write));
  // Again: another process may have made it meanwhile.
  const absl::StatusOr<std::optional<int>> version = ReadFormat(path);
  if (!version.ok() && !(repair && absl::IsDataLoss(version.status()))) {
    return version.status();
  }
  if (version.ok() && version->has_value()) {
    directory->format_ = **version;
    return directory;
  }
  const bool has_data = Exists(path + kData);
  if (has_data && !repair) {
    return Corrupt(absl::StrCat("'", path, "' has data and no FORMAT file"));
  }
  if (has_data || !version.ok()) {
    directory->repaired_ = "writing the FORMAT file, which could not be read";
  }
  if (!to_write) return directory;
  SEGRID_RETURN_IF_ERROR(directory->RaiseFormat());
  return directory;
}

absl::Status Directory::RaiseFormat() {
  SEGRID_RETURN_IF_ERROR(WriteFormat(path_, kFormatVersion));
  format_ = kFormatVersion;
  return absl::OkStatus();
}

absl::Status Directory::WriteFormatOf(const std::string& path, int format) {
  return WriteFormat(path, format);
}

absl::Status Directory::CheckPlace() const {
  struct stat ours {};
  struct stat there {};
  if (::fstat(lock_, &ours) == 0 && ours.st_nlink > 0 &&
      ::stat((path_ + "/lock").c_str(), &there) == 0 &&
      ours.st_dev == there.st_dev && ours.st_ino == there.st_ino) {
    return absl::OkStatus();
  }
  return base::MakeError(
      absl::StatusCode::kUnavailable, "QUEUE_UNAVAILABLE",
      absl::StrCat("the queue's directory '", path_,
                   "' was deleted or replaced under the running server; put "
                   "it back, or restart the server"));
}

std::vector<std::string> Directory::Leftovers() const {
  std::vector<std::string> paths;
  std::error_code failed;
  for (fs::directory_iterator it(path_, failed), end; !failed && it != end;
       it.increment(failed)) {
    if (it->path().filename().string().starts_with("db.")) {
      paths.push_back(it->path().string());
    }
  }
  return paths;
}

Directory::~Directory() {
  if (lock_ >= 0) ::close(lock_);
}

}  // namespace segrid::queue::rocksdb
