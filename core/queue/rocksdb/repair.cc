#include "core/queue/rocksdb/repair.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/database.h"
#include "core/queue/rocksdb/directory.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/load_books.h"
#include "core/queue/rocksdb/rebuild.h"
#include "core/queue/rocksdb/rescue.h"
#include "core/queue/rocksdb/verify.h"
#include "core/queue/rocksdb/watermark.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
namespace rdb = ::rocksdb;

absl::Status DiskError(const std::string& what, int error) {
  return FromRocks(rdb::Status::IOError(std::generic_category().message(error)),
                   what);
}

// Whose the files of a store are, and what may be done with them: those that a
// repair by root makes must stay usable for the server's user.
class Ownership {
 public:
  explicit Ownership(const Directory& directory) : path_(directory.path()) {
    Learn(path_, directory_);
    Learn(directory.database(), database_);
    for (const std::string& file :
         {path_ + "/FORMAT", path_ + "/watermark", path_ + "/lock"}) {
      Learn(file, file_);
    }
  }

  void Apply() const {
    std::error_code error;
    for (fs::recursive_directory_iterator it(path_, error), end;
         !error && it != end; it.increment(error)) {
      const std::string file = it->path().string();
      struct stat found {};
      if (::lstat(file.c_str(), &found) != 0) continue;
      const bool is_database = S_ISDIR(found.st_mode);
      const struct stat& wanted = is_database ? database_ : file_;
      if (wanted.st_nlink == 0) continue;
      if (found.st_uid != directory_.st_uid ||
          found.st_gid != directory_.st_gid) {
        [[maybe_unused]] const int owned =
            ::lchown(file.c_str(), directory_.st_uid, directory_.st_gid);
      }
      if ((found.st_mode & 07777) != (wanted.st_mode & 07777)) {
        ::chmod(file.c_str(), wanted.st_mode & 07777);
      }
    }
  }

 private:
  // Keeps what was learned first.
  static void Learn(const std::string& path, struct stat& of) {
    struct stat found {};
    if (of.st_nlink == 0 && ::stat(path.c_str(), &found) == 0) of = found;
  }

  const std::string path_;
  struct stat directory_ {};
  struct stat database_ {};
  struct stat file_ {};
};

class Repairer {
 public:
  Repairer(Directory& directory, const std::vector<std::string>& known_lanes)
      : directory_(directory), known_lanes_(known_lanes) {}

  absl::StatusOr<RepairReport> Run() {
    FinishSwap();
    FsckReport before;
    SEGRID_RETURN_IF_ERROR(CheckDatabase(directory_, before));
    report_.lanes = before.lanes;
    if (!directory_.repaired().empty()) Say(directory_.repaired());
    if (before.problems.empty()) return std::move(report_);
    for (const std::string& problem : before.problems) Say(problem);
    SEGRID_RETURN_IF_ERROR(Rebuild());
    return std::move(report_);
  }

 private:
  void Say(const std::string& action) { report_.actions.push_back(action); }

  std::string Fresh() const { return directory_.database() + ".rebuilt"; }

  // Ends a repair that was cut off between its last two steps.
  void FinishSwap() const {
    std::error_code error;
    if (!fs::exists(directory_.database(), error) &&
        fs::exists(directory_.database() + ".damaged", error) &&
        fs::exists(Fresh(), error)) {
      fs::rename(Fresh(), directory_.database(), error);
    }
  }

  absl::Status Rebuild() {
    std::error_code error;
    fs::remove_all(Fresh(), error);
    // Whatever space there is.
    fs::remove(directory_.reserve(), error);
    Rescued rescued;
    Rebuilt rebuilt;
    {
      SEGRID_ASSIGN_OR_RETURN(
          const std::unique_ptr<Database> fresh,
          Database::Open(Fresh(), OpenMode::kNormal, nullptr));
      SEGRID_RETURN_IF_ERROR(RescueAll(directory_.database(), *fresh, rescued));
      for (const std::string& damage : rescued.damages) Say(damage);
      SEGRID_ASSIGN_OR_RETURN(
          rebuilt,
          RebuildBooks(rescued, known_lanes_,
                       Watermark::Read(directory_.watermark()).mark, *fresh));
      SEGRID_RETURN_IF_ERROR(Prove(*fresh));
    }
    for (const std::string& action : rebuilt.actions) Say(action);
    report_.lost_messages += rebuilt.lost_messages;
    // Before it is there: an older program must not open it.
    SEGRID_RETURN_IF_ERROR(directory_.RaiseFormat());
    SEGRID_RETURN_IF_ERROR(Swap());
    SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<Watermark> watermark,
                            Watermark::Open(directory_.watermark()));
    watermark->Reset(rebuilt.mark);
    return absl::OkStatus();
  }

  // Loads what was made as the server does, and reads all of it.
  absl::Status Prove(const Database& fresh) {
    std::vector<Damage> damages;
    absl::StatusOr<std::unique_ptr<Books>> books =
        LoadBooks(fresh, options_, absl::Now(), &damages);
    absl::Status status = books.status();
    Verified verified;
    if (status.ok()) {
      status = VerifyBodies(fresh, **books, damages, verified);
    }
    if (!status.ok() || !damages.empty()) {
      return base::MakeError(
          absl::StatusCode::kDataLoss, "QUEUE_CORRUPT",
          absl::StrCat("the queue cannot be rebuilt: ",
                       status.ok() ? TextOf(damages.front()) : DamageOf(status),
                       "; nothing was changed: keep the directory, and report "
                       "this"));
    }
    report_.lanes.clear();
    for (const auto& [name, book] : (*books)->lanes) {
      report_.lanes.push_back(book->lane.stats());
    }
    return absl::OkStatus();
  }

  // Puts the new database in the place of the old one.
  absl::Status Swap() {
    const std::string database = directory_.database();
    std::string aside = database + ".damaged";
    std::error_code error;
    for (int i = 2; fs::exists(aside, error); ++i) {
      aside = absl::StrCat(database, ".damaged.", i);
    }
    const bool had = fs::exists(database, error);
    const bool exchanged =
        had && ::renameat2(AT_FDCWD, Fresh().c_str(), AT_FDCWD,
                           database.c_str(), RENAME_EXCHANGE) == 0;
    // Not every file system can do that in one step; see FinishSwap.
    const std::string old = exchanged ? Fresh() : database;
    if (had && std::rename(old.c_str(), aside.c_str()) != 0) {
      return DiskError(absl::StrCat("moving ", old), errno);
    }
    if (!exchanged && std::rename(Fresh().c_str(), database.c_str()) != 0) {
      return DiskError(absl::StrCat("moving ", Fresh()), errno);
    }
    const int folder = ::open(directory_.path().c_str(), O_RDONLY | O_CLOEXEC);
    if (folder >= 0) {
      ::fsync(folder);
      ::close(folder);
    }
    if (had) {
      Say(absl::StrCat("the damaged database is kept in ", aside,
                       ": delete it when you miss nothing"));
    }
    return absl::OkStatus();
  }

  Directory& directory_;
  const std::vector<std::string>& known_lanes_;
  // Whatever the server's limit of memory is: no id is forgotten here.
  const RocksOptions options_ = {.dedup_memory_bytes =
                                     std::numeric_limits<std::int64_t>::max()};
  RepairReport report_;
};

}  // namespace

absl::StatusOr<RepairReport> Repair(
    const std::string& path, const std::vector<std::string>& known_lanes) {
  SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<Directory> directory,
                          Directory::Open(path, Directory::Purpose::kRepair));
  const Ownership ownership(*directory);
  absl::StatusOr<RepairReport> report = Repairer(*directory, known_lanes).Run();
  ownership.Apply();
  return report;
}

}  // namespace segrid::queue::rocksdb
