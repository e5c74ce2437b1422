#include "core/queue/rocksdb/repair.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/books.h"
#include "core/queue/rocksdb/commit.h"
#include "core/queue/rocksdb/database_options.h"
#include "core/queue/rocksdb/directory.h"
#include "core/queue/rocksdb/disk.h"
#include "core/queue/rocksdb/salvage.h"
#include "core/queue/rocksdb/verify.h"
#include "rocksdb/db.h"

namespace segrid::queue::rocksdb {
namespace {

namespace rdb = ::rocksdb;

class Repairer {
 public:
  explicit Repairer(const Directory& directory) : directory_(directory) {
    if (!directory.mended().empty()) Say(directory.mended());
  }

  absl::StatusOr<RepairReport> Run() {
    SEGRID_RETURN_IF_ERROR(OpenDatabase());
    SEGRID_RETURN_IF_ERROR(Load());
    SEGRID_RETURN_IF_ERROR(Save());
    for (const auto& [name, book] : books_->lanes) {
      report_.lanes.push_back(book->lane.stats());
    }
    return std::move(report_);
  }

 private:
  void Say(const std::string& action) { report_.actions.push_back(action); }

  absl::Status OpenDatabase() {
    const std::string path = directory_.database();
    auto opened = Database::Open(path, OpenMode::kNormal, nullptr);
    if (absl::IsDataLoss(opened.status())) {
      Say(absl::StrCat("reading the log around what is damaged: ",
                       opened.status().message()));
      SEGRID_RETURN_IF_ERROR(SetLogsAside(path, logs_));
      opened = Database::Open(path, OpenMode::kNormal, nullptr);
    }
    if (absl::IsDataLoss(opened.status())) return Rebuild();
    SEGRID_RETURN_IF_ERROR(opened.status());
    database_ = *std::move(opened);
    return Replay(false);
  }

  absl::Status Replay(bool is_rebuilt) {
    return ReplayLogs(logs_, is_rebuilt, *database_).status();
  }

  // From the files that can be read; the others go to db/lost.
  absl::Status Rebuild() {
    const std::string path = directory_.database();
    database_.reset();
    Say("rebuilding the catalog of files; what cannot be read goes to db/lost");
    SEGRID_RETURN_IF_ERROR(SetLogsAside(path, logs_));
    const rdb::Options options(
        MakeDbOptions(OpenMode::kSalvage, nullptr, nullptr),
        rdb::ColumnFamilyOptions());
    SEGRID_RETURN_IF_ERROR(
        FromRocks(rdb::RepairDB(path, options, MakeFamilies()),
                  "rebuilding the catalog"));
    SEGRID_ASSIGN_OR_RETURN(database_,
                            Database::Open(path, OpenMode::kSalvage, nullptr));
    return Replay(true);
  }

  absl::Status Load() {
    absl::Status status = TryLoad();
    if (!absl::IsDataLoss(status)) return status;
    // A file that cannot be read from one end to the other.
    Say(std::string(status.message()));
    SEGRID_RETURN_IF_ERROR(Rebuild());
    return TryLoad();
  }

  absl::Status TryLoad() {
    damages_.clear();
    SEGRID_ASSIGN_OR_RETURN(
        books_, LoadBooks(*database_, options_, absl::Now(), &damages_));
    Verified verified;
    return VerifyBodies(*database_, *books_, damages_, verified);
  }

  absl::Status Save() {
    const std::optional<Mark> mark = Watermark::Read(directory_.watermark());
    if (const absl::Status lost = CheckMark(*books_, mark); !lost.ok()) {
      Say(absl::StrCat("giving up acknowledged commits ", books_->commit + 1,
                       " to ", mark->commit, " at the end of the log, with ",
                       mark->accepted_total - books_->accepted_total,
                       " accepted messages"));
      report_.lost_messages += mark->accepted_total - books_->accepted_total;
      books_->commit = mark->commit;
    }
    if (damages_.empty() && report_.actions.empty()) return absl::OkStatus();
    rdb::WriteBatch batch;
    Commit commit({options_, *database_, *books_, batch, absl::Now()});
    for (const Damage& damage : damages_) Give(damage, batch);
    for (const auto& [name, book] : books_->lanes) Balance(*book);
    commit.RewriteAll();
    commit.Build();
    SEGRID_RETURN_IF_ERROR(database_->Write(commit.batch(), true));
    commit.Publish();
    SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<Watermark> watermark,
                            Watermark::Open(directory_.watermark()));
    watermark->Reset({books_->commit, books_->accepted_total, absl::Now()});
    return absl::OkStatus();
  }

  // Gives up what is damaged.
  void Give(const Damage& damage, rdb::WriteBatch& batch) {
    Say(TextOf(damage));
    if (!damage.key.empty()) {
      batch.Delete(database_->family(damage.family), damage.key)
          .PermitUncheckedError();
    }
    LaneBook* const book = books_->Find(damage.lane);
    if (book == nullptr || damage.range.first > damage.range.last) return;
    const std::int64_t bytes = book->lane.ledger.pending_bytes;
    const Settled settled =
        book->lane.Settle(book->lane.PendingIn({damage.range}));
    book->lane.ledger.pending_bytes = bytes;  // VerifyBodies left them out.
    book->lane.ledger.dropped += settled.count;
    report_.lost_messages += settled.count;
  }

  void Balance(LaneBook& book) {
    const LaneStats s = book.lane.stats();
    const std::int64_t missing =
        s.accepted - (s.delivered + s.pending + s.dead + s.expired);
    if (missing == 0) return;
    if (missing > 0) {
      book.lane.ledger.dropped += missing;
      report_.lost_messages += missing;
    } else {
      book.lane.ledger.accepted -= missing;
    }
    Say(absl::StrCat(
        "lane '", s.lane, "': the ledger was off by ", missing,
        missing > 0 ? ": counted as expired" : ": counted as accepted"));
  }

  const Directory& directory_;
  // Whatever the server's limit of memory is: no id is forgotten here.
  const RocksOptions options_ = {.dedup_memory_bytes =
                                     std::numeric_limits<std::int64_t>::max()};
  RepairReport report_;
  std::vector<std::string> logs_;  // Set aside, to be read around damage.
  std::unique_ptr<Database> database_;
  std::unique_ptr<Books> books_;
  std::vector<Damage> damages_;
};

}  // namespace

absl::StatusOr<RepairReport> Repair(const std::string& path) {
  SEGRID_ASSIGN_OR_RETURN(const std::unique_ptr<Directory> directory,
                          Directory::Open(path, Directory::Purpose::kRepair));
  return Repairer(*directory).Run();
}

}  // namespace segrid::queue::rocksdb
