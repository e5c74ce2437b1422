#include "server/app/data_copy.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/access_error.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"

namespace segrid::app {
namespace {

namespace fs = std::filesystem;

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;
constexpr std::size_t kBlockBytes = 1 << 20;
// Rounds in which a folder is looked at again, because its files change names.
constexpr int kMaxRounds = 5;
constexpr std::string_view kSqliteMagic = "SQLite format 3";
constexpr int kSqliteBusyMilliseconds = 10'000;

absl::Status CopyError(const std::string& path, std::string_view why) {
  return base::MakeError(absl::StatusCode::kUnavailable, "BACKUP_FAILED",
                         absl::StrCat("'", path, "': ", std::string(why)));
}

absl::Status Failed(const std::string& path, int error) {
  return CopyError(path, base::DescribeAccessError(path, error));
}

// An open file that is closed at the end.
class File {
 public:
  explicit File(int file) : file_(file) {}
  ~File() {
    if (file_ >= 0) ::close(file_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  int get() const { return file_; }

 private:
  const int file_;
};

bool IsSqlite(const std::string& path) {
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<char, kSqliteMagic.size()> head{};
  return file.get() >= 0 &&
         ::read(file.get(), head.data(), head.size()) ==
             static_cast<ssize_t>(head.size()) &&
         std::string_view(head.data(), head.size()) == kSqliteMagic;
}

// SQLite keeps these beside a database; its copy has what they hold.
bool IsPartOfDatabase(const std::string& path) {
  for (const char* ending : {"-wal", "-shm", "-journal"}) {
    if (absl::EndsWith(path, ending) &&
        IsSqlite(path.substr(0, path.rfind('-')))) {
      return true;
    }
  }
  return false;
}

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close(database); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;

Database OpenDatabase(const std::string& path, int flags, int& result) {
  sqlite3* database = nullptr;
  result = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
  if (database != nullptr) {
    sqlite3_busy_timeout(database, kSqliteBusyMilliseconds);
  }
  return Database(database);
}

}  // namespace

absl::Status DataCopy::List(const std::string& folder,
                            const std::vector<std::string>& skip, Files& files,
                            std::vector<std::string>& folders) {
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    struct stat found {};
    if (std::find(skip.begin(), skip.end(), name) != skip.end() ||
        ::lstat(it->path().c_str(), &found) != 0) {
      continue;
    }
    if (S_ISDIR(found.st_mode)) folders.push_back(name);
    if (S_ISREG(found.st_mode)) files.emplace(name, found.st_ino);
  }
  return error ? Failed(folder, error.value()) : absl::OkStatus();
}

absl::Status DataCopy::CopyFolder(const std::string& from,
                                  const std::string& to,
                                  const std::vector<std::string>& skip) {
  if (::mkdir(to.c_str(), kFolderMode) != 0 && errno != EEXIST) {
    return Failed(to, errno);
  }
  Files copied;
  std::vector<std::string> folders;
  for (int round = 0; round < kMaxRounds; ++round) {
    Files found;
    folders.clear();
    SEGRID_RETURN_IF_ERROR(List(from, skip, found, folders));
    bool changed = false;
    for (const auto& [name, inode] : found) {
      const auto before = copied.find(name);
      if (before != copied.end() && before->second == inode) continue;
      SEGRID_RETURN_IF_ERROR(
          CopyFile(absl::StrCat(from, "/", name), absl::StrCat(to, "/", name)));
      copied[name] = inode;
      changed = true;
    }
    if (!changed) break;
  }
  for (const std::string& name : folders) {
    SEGRID_RETURN_IF_ERROR(
        CopyFolder(absl::StrCat(from, "/", name), absl::StrCat(to, "/", name)));
  }
  return SyncFolder(to);
}

absl::Status DataCopy::CopyFile(const std::string& from,
                                const std::string& to) {
  if (IsPartOfDatabase(from)) return absl::OkStatus();
  ++files_;
  return IsSqlite(from) ? CopyDatabase(from, to) : CopyBytes(from, to);
}

absl::Status DataCopy::CopyBytes(const std::string& from,
                                 const std::string& to) {
  const File source(::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
  // It was renamed or deleted since: the next round finds its new name.
  if (source.get() < 0 && errno == ENOENT) return absl::OkStatus();
  if (source.get() < 0) return Failed(from, errno);
  const File target(
      ::open(to.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, kFileMode));
  if (target.get() < 0) return Failed(to, errno);
  const auto block = std::make_unique_for_overwrite<char[]>(kBlockBytes);
  struct stat found {};
  if (::fstat(source.get(), &found) != 0) return Failed(from, errno);
  // As long as it is now: a file that grows would never end.
  std::int64_t left = found.st_size;
  while (left > 0) {
    const ssize_t got = ::read(
        source.get(), block.get(),
        static_cast<std::size_t>(std::min<std::int64_t>(left, kBlockBytes)));
    if (got < 0) return Failed(from, errno);
    if (got == 0) break;
    for (ssize_t done = 0; done < got;) {
      const ssize_t put = ::write(target.get(), block.get() + done,
                                  static_cast<std::size_t>(got - done));
      if (put < 0) return Failed(to, errno);
      done += put;
    }
    left -= got;
    bytes_ += got;
  }
  return ::fsync(target.get()) == 0 ? absl::OkStatus() : Failed(to, errno);
}

absl::Status DataCopy::CopyDatabase(const std::string& from,
                                    const std::string& to) {
  int result = SQLITE_OK;
  ::unlink(to.c_str());  // Of a round before.
  const Database source = OpenDatabase(from, SQLITE_OPEN_READONLY, result);
  if (result != SQLITE_OK) return CopyError(from, sqlite3_errstr(result));
  Database target =
      OpenDatabase(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, result);
  if (result != SQLITE_OK) return CopyError(to, sqlite3_errstr(result));
  sqlite3_backup* const backup =
      sqlite3_backup_init(target.get(), "main", source.get(), "main");
  if (backup == nullptr) {
    return CopyError(to, sqlite3_errmsg(target.get()));
  }
  sqlite3_backup_step(backup, -1);
  result = sqlite3_backup_finish(backup);
  target.reset();
  if (result != SQLITE_OK) {
    return CopyError(result == SQLITE_FULL ? to : from, sqlite3_errstr(result));
  }
  struct stat made {};
  const File file(::open(to.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0 || ::fchmod(file.get(), kFileMode) != 0 ||
      ::fstat(file.get(), &made) != 0 || ::fsync(file.get()) != 0) {
    return Failed(to, errno);
  }
  bytes_ += made.st_size;
  return absl::OkStatus();
}

absl::Status DataCopy::SyncFolder(const std::string& path) {
  const File folder(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0 || ::fsync(folder.get()) != 0) {
    return Failed(path, errno);
  }
  return absl::OkStatus();
}

}  // namespace segrid::app
