#include "core/queue/rocksdb/database.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/absl_view.h"
#include "core/base/error_info.h"
#include "core/queue/rocksdb/database_options.h"
#include "core/queue/rocksdb/table_guard.h"
#include "rocksdb/convenience.h"
#include "rocksdb/iterator.h"
#include "rocksdb/metadata.h"
#include "rocksdb/utilities/checkpoint.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
namespace rdb = ::rocksdb;

// Before a call is worth a retry that the disk refused.
constexpr absl::Duration kRetryDelay = absl::Seconds(5);

constexpr char kDamaged[] = "the queue's data is damaged: ";
constexpr char kAdvice[] =
    "; stop the server and run `segrid-server fsck`, then `segrid-server "
    "repair`, which reports what is lost";

rdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }
std::string_view ToView(const rdb::Slice& slice) {
  return {slice.data(), slice.size()};
}

// Whether there are files of a database, and nothing that says which count.
bool LacksCatalog(const std::string& path) {
  std::error_code error;
  if (fs::exists(path + "/CURRENT", error)) return false;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    const fs::path kind = it->path().extension();
    if (kind == ".sst" || kind == ".log") return true;
  }
  return false;
}

}  // namespace

absl::Status Corrupt(std::string_view what) {
  return base::MakeError(absl::StatusCode::kDataLoss, "QUEUE_CORRUPT",
                         absl::StrCat(kDamaged, base::Absl(what), kAdvice));
}

std::string DamageOf(const absl::Status& status) {
  absl::string_view text = status.message();
  absl::ConsumePrefix(&text, kDamaged);
  absl::ConsumeSuffix(&text, kAdvice);
  return std::string(text);
}

absl::Status FromRocks(const rdb::Status& status, std::string_view what) {
  if (status.ok()) return absl::OkStatus();
  const std::string detail =
      absl::StrCat(base::Absl(what), ": ", status.ToString());
  // A file that the catalog names and that is not there is damage, too.
  if (status.IsCorruption() || status.IsPathNotFound()) return Corrupt(detail);
  absl::Status error = base::MakeError(
      absl::StatusCode::kUnavailable, "QUEUE_UNAVAILABLE",
      absl::StrCat("the queue's disk failed: ", detail,
                   "; check its space, its health and its permissions"));
  base::SetRetryDelay(error, kRetryDelay);
  return error;
}

absl::Status DiskFull(std::int64_t reserve_bytes) {
  absl::Status error = base::MakeError(
      absl::StatusCode::kUnavailable, "QUEUE_UNAVAILABLE",
      absl::StrCat("the queue's disk is full: less than ", reserve_bytes,
                   " bytes are free beside its reserve; make room, it goes on "
                   "by itself"));
  base::SetRetryDelay(error, kRetryDelay);
  return error;
}

absl::StatusOr<std::unique_ptr<Database>> Database::Open(
    const std::string& path, OpenMode mode, rdb::Env* env,
    std::function<void(std::string_view text)> on_warning) {
  // RocksDB would make a new database and delete the files of the old one.
  if (LacksCatalog(path)) {
    return Corrupt(absl::StrCat("opening ", path, ": CURRENT is missing"));
  }
  // RocksDB warns of a folder that it makes itself.
  std::error_code error;
  if (mode == OpenMode::kNormal) fs::create_directories(path, error);
  std::unique_ptr<Database> database(new Database());
  if (mode != OpenMode::kNormal) {
    database->guard_ = GuardTables(env);
    env = database->guard_.get();
  } else if (const std::string damaged = TableWithoutProperties(path);
             !damaged.empty()) {
    return Corrupt(
        absl::StrCat("opening ", path, ": damaged properties in ", damaged));
  }
  const rdb::DBOptions options =
      MakeDbOptions(mode, env, std::move(on_warning));
  const std::vector<rdb::ColumnFamilyDescriptor> families = MakeFamilies();
  std::vector<rdb::ColumnFamilyHandle*> handles;
  rdb::DB* db = nullptr;
  const rdb::Status status =
      mode != OpenMode::kNormal
          ? rdb::DB::OpenForReadOnly(options, path, families, &handles, &db)
          : rdb::DB::Open(options, path, families, &handles, &db);
  if (!status.ok()) {
    // A damaged catalog of files shows as a file that is missing.
    if (status.IsPathNotFound() || status.IsInvalidArgument() ||
        status.IsNotFound()) {
      return Corrupt(absl::StrCat("opening ", path, ": ", status.ToString()));
    }
    return FromRocks(status, absl::StrCat("opening ", path));
  }
  database->db_.reset(db);
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    database->handles_[i] = handles[i];
  }
  return database;
}

Database::~Database() {
  if (db_ == nullptr) return;
  for (rdb::ColumnFamilyHandle* handle : handles_) {
    db_->DestroyColumnFamilyHandle(handle);
  }
  db_->Close().PermitUncheckedError();
}

std::set<std::string> Database::files() const {
  std::vector<rdb::LiveFileMetaData> live;
  db_->GetLiveFilesMetaData(&live);
  std::set<std::string> names;
  for (const rdb::LiveFileMetaData& file : live) {
    names.insert(file.name.substr(file.name.find_first_not_of('/')));
  }
  return names;
}

absl::Status Database::Write(rdb::WriteBatch& batch, bool sync) {
  rdb::WriteOptions options;
  options.sync = sync;
  return FromRocks(db_->Write(options, &batch), "writing");
}

absl::StatusOr<std::optional<std::string>> Database::Get(
    Family family_id, std::string_view key) const {
  rdb::ReadOptions options;
  options.fill_cache = false;
  options.ignore_range_deletions = true;
  std::string value;
  const rdb::Status status =
      db_->Get(options, family(family_id), ToSlice(key), &value);
  if (status.IsNotFound()) return std::nullopt;
  if (!status.ok()) return FromRocks(status, "reading");
  return value;
}

absl::Status Database::ForEach(
    Family family_id, std::string_view first,
    const std::function<bool(std::string_view key, std::string_view value)>&
        visit) const {
  rdb::ReadOptions options;
  options.fill_cache = false;
  options.readahead_size = 1 << 20;
  const std::unique_ptr<rdb::Iterator> it(
      db_->NewIterator(options, family(family_id)));
  for (it->Seek(ToSlice(first)); it->Valid(); it->Next()) {
    if (!visit(ToView(it->key()), ToView(it->value()))) break;
  }
  return FromRocks(it->status(), "reading");
}

absl::Status Database::Reclaim(Family family_id, std::string_view first,
                               std::string_view end) {
  const rdb::Slice from = ToSlice(first);
  const rdb::Slice to = ToSlice(end);
  // Files go for good: what says that they are not needed must be on the disk
  // before, and deliveries are not synced.
  rdb::Status status = db_->SyncWAL();
  if (status.ok()) {
    status = rdb::DeleteFilesInRange(db_.get(), family(family_id), &from, &to,
                                     false);
  }
  rdb::CompactRangeOptions options;
  options.bottommost_level_compaction =
      rdb::BottommostLevelCompaction::kForceOptimized;
  if (status.ok()) {
    status = db_->CompactRange(options, family(family_id), &from, &to);
  }
  return FromRocks(status, "giving space back");
}

absl::Status Database::MakeCheckpoint(const std::string& path) const {
  // The log is copied, however large it is: to sort it into files would make
  // bodies that are delivered soon cost another write.
  constexpr std::uint64_t kNeverFlush = ~std::uint64_t{0};
  rdb::Checkpoint* made = nullptr;
  rdb::Status status = rdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rdb::Checkpoint> checkpoint(made);
  if (status.ok()) status = checkpoint->CreateCheckpoint(path, kNeverFlush);
  return FromRocks(status, absl::StrCat("making ", path));
}

absl::Status Database::RewriteFiles(const std::vector<Family>& families) {
  // All at once, because a log goes only when no family needs it.
  rdb::Status status = db_->Flush(
      rdb::FlushOptions(),
      std::vector<rdb::ColumnFamilyHandle*>(handles_.begin(), handles_.end()));
  rdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rdb::BottommostLevelCompaction::kForce;
  for (const Family each : families) {
    if (!status.ok()) break;
    status = db_->CompactRange(options, family(each), nullptr, nullptr);
  }
  // Compactions delete files in their own time: this waits for it.
  if (status.ok()) status = db_->DisableFileDeletions();
  if (status.ok()) status = db_->EnableFileDeletions(false);
  return FromRocks(status, "writing the files anew");
}

}  // namespace segrid::queue::rocksdb
