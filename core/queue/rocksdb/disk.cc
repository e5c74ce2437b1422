#include "core/queue/rocksdb/disk.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/load_books.h"
#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace segrid::queue::rocksdb {

namespace rdb = ::rocksdb;

namespace {

// More do not fit into a copy of the watermark.
constexpr std::size_t kMarkedLanes = 40;

}  // namespace

absl::Status CheckMark(const Books& books, const std::optional<Mark>& mark) {
  if (!mark.has_value() || mark->commit <= books.commit) {
    return absl::OkStatus();
  }
  return Corrupt(absl::StrCat(
      "acknowledged commits ", books.commit + 1, " to ", mark->commit, " with ",
      mark->accepted_total - books.accepted_total,
      " accepted messages are missing at the end of the log; the last is of ",
      absl::FormatTime(absl::RFC3339_sec, mark->time, absl::UTCTimeZone())));
}

absl::Status CheckWatermark(const Books& books,
                            const Watermark::Content& content) {
  if (content.damaged) {
    return Corrupt(
        "a copy of the watermark cannot be read, so nobody knows whether the "
        "end of the log is missing");
  }
  if (books.commit > 0 && !content.mark.has_value()) {
    return Corrupt(absl::StrCat(
        "the watermark ", content.exists ? "says nothing" : "is missing",
        ", so nobody knows whether the end of the log is missing"));
  }
  return absl::OkStatus();
}

Disk::Disk(const RocksOptions& options, std::unique_ptr<Directory> directory,
           std::unique_ptr<Watermark> watermark)
    : options_(options),
      directory_(std::move(directory)),
      watermark_(std::move(watermark)),
      reserve_(directory_->reserve(), options.reserve_bytes) {}

absl::StatusOr<std::unique_ptr<Disk>> Disk::Open(const RocksOptions& options) {
  SEGRID_ASSIGN_OR_RETURN(
      std::unique_ptr<Directory> directory,
      Directory::Open(options.directory, Directory::Purpose::kServe));
  SEGRID_ASSIGN_OR_RETURN(std::unique_ptr<Watermark> watermark,
                          Watermark::Open(directory->watermark()));
  std::unique_ptr<Disk> disk(
      new Disk(options, std::move(directory), std::move(watermark)));
  SEGRID_RETURN_IF_ERROR(disk->Reopen());
  return disk;
}

rdb::Env* Disk::env() const {
  return options_.env != nullptr ? options_.env : rdb::Env::Default();
}

absl::Status Disk::Reopen() {
  database_.reset();
  SEGRID_ASSIGN_OR_RETURN(
      database_, Database::Open(directory_->database(), OpenMode::kNormal,
                                env(), options_.on_warning));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Books>> Disk::Load(absl::Time now) {
  SEGRID_ASSIGN_OR_RETURN(std::unique_ptr<Books> books,
                          LoadBooks(*database_, options_, now));
  books->format = directory_->format();
  const Watermark::Content content = Watermark::Read(directory_->watermark());
  SEGRID_RETURN_IF_ERROR(CheckMark(*books, content.mark));
  mark_ = content.mark.value_or(Mark());
  const absl::Status whole = CheckWatermark(*books, content);
  if (!whole.ok() && options_.on_warning) {
    options_.on_warning(DamageOf(whole));
  }
  return books;
}

absl::Status Disk::WriteProbe() {
  const rdb::Status status = rdb::WriteStringToFile(
      env(), std::string(4096, 'p'), directory_->probe(), true);
  env()->DeleteFile(directory_->probe()).PermitUncheckedError();
  if (status.IsNoSpace()) {
    return absl::ResourceExhaustedError(status.ToString());
  }
  return FromRocks(status, "trying to write");
}

absl::Status Disk::Probe() {
  absl::Status status = WriteProbe();
  if (absl::IsResourceExhausted(status)) {
    reserve_.Release();
    status = WriteProbe();
  }
  if (absl::IsResourceExhausted(status)) {
    return DiskFull(options_.reserve_bytes);
  }
  return status;
}

bool Disk::HasRoom() {
  std::uint64_t free = 0;
  const rdb::IOStatus status = env()->GetFileSystem()->GetFreeSpace(
      options_.directory, rdb::IOOptions(), &free, nullptr);
  if (!status.ok()) return true;  // The write will tell.
  const auto needed = static_cast<std::uint64_t>(options_.reserve_bytes);
  if (!reserve_.filled()) return free >= 2 * needed && reserve_.Fill();
  return free >= needed;
}

void Disk::Note(const Books& books, bool synced, absl::Time now) {
  if (synced) {
    mark_.commit = books.commit;
    mark_.accepted_total = books.accepted_total;
    mark_.time = now;
  }
  mark_.lanes.clear();
  for (const auto& [name, book] : books.lanes) {
    if (mark_.lanes.size() == kMarkedLanes) break;
    mark_.lanes.emplace_back(name, RecordOf(*book, books.commit));
  }
}

absl::Status Disk::MakeSnapshot(const std::string& path,
                                const Mark& mark) const {
  // It holds addresses: nobody else's business.
  if (::mkdir(path.c_str(), 0700) != 0) {
    return FromRocks(rdb::Status::IOError(std::strerror(errno)),
                     absl::StrCat("making ", path));
  }
  SEGRID_RETURN_IF_ERROR(database_->MakeCheckpoint(path + "/db"));
  if (mark.commit > 0) {
    SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<Watermark> watermark,
                            Watermark::Open(path + "/watermark"));
    watermark->Reset(mark);
  }
  return absl::OkStatus();
}

void Disk::SetMark() {
  // Else nothing was synced in this directory yet.
  if (mark_.commit > 0) watermark_->Set(mark_);
}

}  // namespace segrid::queue::rocksdb
