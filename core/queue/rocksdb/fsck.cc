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
#include "core/queue/rocksdb/load_books.h"
#include "core/queue/rocksdb/verify.h"

namespace segrid::queue::rocksdb {
namespace {

// An error that is no damage stays an error.
absl::Status NoteDataLoss(const absl::Status& status, FsckReport& report) {
  if (!absl::IsDataLoss(status)) return status;
  report.problems.push_back(DamageOf(status));
  return absl::OkStatus();
}

// The books that the server would start with; their errors are its errors.
absl::Status TryToOpen(const Database& database, const Watermark::Content& mark,
                       FsckReport& report) {
  const auto books = LoadBooks(database, RocksOptions(), absl::Now());
  absl::Status status = books.status();
  if (status.ok()) status = CheckMark(**books, mark.mark);
  if (status.ok()) return status;
  report.opens = false;
  return absl::IsDataLoss(status) ? absl::OkStatus() : status;
}

absl::Status Look(const Directory& directory, FsckReport& report) {
  const Watermark::Content mark = Watermark::Read(directory.watermark());
  const auto database =
      Database::Open(directory.database(), OpenMode::kReadOnly, nullptr);
  if (!database.ok()) {
    report.opens = false;
    return NoteDataLoss(database.status(), report);
  }
  SEGRID_RETURN_IF_ERROR(TryToOpen(**database, mark, report));
  std::vector<Damage> damages;
  const auto loaded =
      LoadBooks(**database, RocksOptions(), absl::Now(), &damages);
  if (!loaded.ok()) return NoteDataLoss(loaded.status(), report);
  Books& books = **loaded;
  SEGRID_RETURN_IF_ERROR(NoteDataLoss(CheckMark(books, mark.mark), report));
  SEGRID_RETURN_IF_ERROR(NoteDataLoss(CheckWatermark(books, mark), report));
  Verified verified;
  const absl::Status read = VerifyBodies(**database, books, damages, verified);
  for (const Damage& damage : damages) {
    report.problems.push_back(TextOf(damage));
  }
  report.commit = books.commit;
  report.chunks = verified.chunks;
  report.messages = verified.messages;
  report.ids = books.dedup.size();
  for (const auto& [name, book] : books.lanes) {
    report.lanes.push_back(book->lane.stats());
    report.dead_letters += book->lane.dead_letters.count();
  }
  return NoteDataLoss(read, report);
}

// False: a store that nobody appended to, or whose first open was cut off.
bool HasData(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(path, error), end;
       !error && it != end; it.increment(error)) {
    const std::string extension = it->path().extension().string();
    if (it->path().filename() == "CURRENT" || extension == ".sst" ||
        extension == ".log") {
      return true;
    }
  }
  return false;
}

}  // namespace

absl::Status CheckDatabase(const Directory& directory, FsckReport& report) {
  if (!HasData(directory.database())) {
    const Watermark::Content mark = Watermark::Read(directory.watermark());
    if (mark.mark.has_value() || mark.damaged) {
      report.problems.emplace_back("the database is missing");
      report.opens = !mark.mark.has_value();
    }
    return absl::OkStatus();
  }
  return Look(directory, report);
}

absl::StatusOr<FsckReport> Fsck(const std::string& path) {
  FsckReport report;
  const auto directory = Directory::Open(path, Directory::Purpose::kLook);
  if (absl::IsDataLoss(directory.status())) {
    report.opens = false;
    report.problems.push_back(DamageOf(directory.status()));
    return report;
  }
  SEGRID_RETURN_IF_ERROR(directory.status());
  SEGRID_RETURN_IF_ERROR(CheckDatabase(**directory, report));
  return report;
}

}  // namespace segrid::queue::rocksdb
