#include "core/queue/rocksdb/directory.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/database.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFormatWord = "segrid-queue ";
constexpr char kData[] = "/db/CURRENT";  // Is there when the database is.

absl::Status Refuse(std::string_view reason, const std::string& message) {
  return base::MakeError(absl::StatusCode::kFailedPrecondition, reason,
                         message);
}

absl::Status BadDirectory(const std::string& path, std::string_view why) {
  return Refuse("BAD_DATA_DIR",
                absl::StrCat("the queue's directory '", path,
                             "' cannot be used: ", std::string(why),
                             "; set data_dir to a directory that can be "
                             "written"));
}

std::string ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The version in the FORMAT file; nullopt: there is no such file.
absl::StatusOr<std::optional<int>> ReadFormat(const std::string& path) {
  const std::string file = path + "/FORMAT";
  if (!fs::exists(file)) return std::nullopt;
  std::string text = ReadText(file);
  // What a crash of an earlier version left of a first start.
  if (text.empty() && !fs::exists(path + kData)) return std::nullopt;
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
absl::Status WriteFormat(const std::string& path) {
  const std::string file = path + "/FORMAT.new";
  const int fd =
      ::open(file.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return BadDirectory(path, std::strerror(errno));
  const std::string text =
      absl::StrCat(std::string(kFormatWord), kFormatVersion, "\n");
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
  if (!written) return BadDirectory(path, std::strerror(error));
  return absl::OkStatus();
}

absl::StatusOr<int> Lock(const std::string& path) {
  const std::string file = path + "/lock";
  const int fd = ::open(file.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (fd < 0) return BadDirectory(path, std::strerror(errno));
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    ::close(fd);
    std::string owner = ReadText(file);
    if (!owner.empty() && owner.back() == '\n') owner.pop_back();
    return Refuse("QUEUE_LOCKED",
                  absl::StrCat("the queue in '", path,
                               "' is in use by another process (pid ", owner,
                               "): stop it, or set another data_dir"));
  }
  const std::string pid = absl::StrCat(::getpid(), "\n");
  if (::ftruncate(fd, 0) != 0 || ::pwrite(fd, pid.data(), pid.size(), 0) < 0) {
    // The number only makes the other's error clearer.
  }
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Directory>> Directory::Open(
    const std::string& path, Purpose purpose) {
  std::error_code error;
  const bool create = purpose == Purpose::kServe;
  if (!create && !fs::is_directory(path, error)) {
    return base::MakeError(absl::StatusCode::kNotFound, "NO_QUEUE",
                           absl::StrCat("there is no queue in '", path, "'"));
  }
  if (fs::create_directories(path, error)) {
    // It will hold addresses: nobody else's business.
    fs::permissions(path, fs::perms::owner_all, error);
  }
  if (error) return BadDirectory(path, error.message());
  const bool mend = purpose == Purpose::kRepair;
  const absl::Status known = ReadFormat(path).status();
  if (!known.ok() && !(mend && absl::IsDataLoss(known))) return known;
  SEGRID_ASSIGN_OR_RETURN(const int lock, Lock(path));
  std::unique_ptr<Directory> directory(new Directory(path, lock));
  // Again: another process may have made it meanwhile.
  const absl::StatusOr<std::optional<int>> version = ReadFormat(path);
  if (!version.ok() && !(mend && absl::IsDataLoss(version.status()))) {
    return version.status();
  }
  if (version.ok() && version->has_value()) return directory;
  const bool has_data = fs::exists(path + kData, error);
  if (has_data && !mend) {
    return Corrupt(absl::StrCat("'", path, "' has data and no FORMAT file"));
  }
  SEGRID_RETURN_IF_ERROR(WriteFormat(path));
  if (has_data || !version.ok()) {
    directory->mended_ = "writing the FORMAT file, which could not be read";
  }
  return directory;
}

Directory::~Directory() { ::close(lock_); }

}  // namespace segrid::queue::rocksdb
