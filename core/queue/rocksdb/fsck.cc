#include "core/queue/rocksdb/fsck.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/directory.h"
#include "core/queue/rocksdb/disk.h"
#include "core/queue/rocksdb/verify.h"

namespace segrid::queue::rocksdb {
namespace {

// What is no damage stays an error.
absl::Status NoteDataLoss(const absl::Status& status, FsckReport& report) {
  if (!absl::IsDataLoss(status)) return status;
  report.problems.emplace_back(status.message());
  return absl::OkStatus();
}

absl::Status Look(const Directory& directory, FsckReport& report) {
  SEGRID_ASSIGN_OR_RETURN(
      const std::unique_ptr<Database> database,
      Database::Open(directory.database(), OpenMode::kReadOnly, nullptr));
  std::vector<Damage> damages;
  SEGRID_ASSIGN_OR_RETURN(
      const std::unique_ptr<Books> books,
      LoadBooks(*database, RocksOptions(), absl::Now(), &damages));
  const absl::Status mark =
      CheckMark(*books, Watermark::Read(directory.watermark()));
  SEGRID_RETURN_IF_ERROR(NoteDataLoss(mark, report));
  Verified verified;
  const absl::Status read = VerifyBodies(*database, *books, damages, verified);
  for (const Damage& damage : damages) {
    report.problems.push_back(TextOf(damage));
  }
  report.commit = books->commit;
  report.chunks = verified.chunks;
  report.messages = verified.messages;
  report.ids = books->dedup.size();
  for (const auto& [name, book] : books->lanes) {
    report.lanes.push_back(book->lane.stats());
    report.dead_letters += book->lane.dead_letters.count();
  }
  return read;
}

}  // namespace

absl::StatusOr<FsckReport> Fsck(const std::string& path) {
  SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<Directory> directory,
                          Directory::Open(path, Directory::Purpose::kLook));
  FsckReport report;
  std::error_code error;
  // A store that nobody appended to, or whose first open was cut off.
  if (!std::filesystem::exists(directory->database() + "/CURRENT", error)) {
    const bool promised = Watermark::Read(directory->watermark()).has_value();
    if (promised) report.problems.emplace_back("the database is missing");
    return report;
  }
  SEGRID_RETURN_IF_ERROR(NoteDataLoss(Look(*directory, report), report));
  return report;
}

}  // namespace segrid::queue::rocksdb
