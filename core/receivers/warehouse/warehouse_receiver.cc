#include "core/receivers/warehouse/warehouse_receiver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/database_address.h"
#include "core/base/error_info.h"
#include "core/receivers/warehouse/database_error.h"
#include "core/receivers/warehouse/ddl.h"
#include "core/receivers/warehouse/postgres_loader.h"
#include "core/receivers/warehouse/sqlite_loader.h"

namespace segrid::receivers::warehouse {
namespace {

// Old rows are deleted in steps of so many, so that no transaction is long. One
// follows the other until nothing is left or the time is over, for which a
// batch may have to wait.
constexpr std::int64_t kDeletedAtOnce = 1'000;
constexpr absl::Duration kDeletionTime = absl::Seconds(1);
constexpr absl::Duration kDeletionInterval = absl::Minutes(1);
// After it the tables are tried to be made again, where no batch asks for them.
constexpr absl::Duration kPrepareInterval = absl::Seconds(30);

SendResult ResultOf(const absl::Status& status) {
  SendResult result;
  result.detail = std::string(status.message());
  result.answer = result.detail;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      result.verdict = Verdict::kDelivered;
      break;
    case absl::StatusCode::kFailedPrecondition:
      result.verdict = Verdict::kMisconfigured;
      break;
    case absl::StatusCode::kInvalidArgument:
      result.verdict = Verdict::kSplit;
      result.reason = kRefusedReason;
      break;
    default:
      result.verdict = Verdict::kRetry;
  }
  return result;
}

}  // namespace

std::string EndpointOf(const LoaderOptions& options) {
  const std::string& database = options.database;
  if (DialectOf(database) == Dialect::kSqlite) return database;
  const std::size_t scheme = database.find("://");
  if (scheme == std::string::npos) return "postgresql";
  std::string rest = database.substr(scheme + 3);
  rest = rest.substr(0, rest.find('?'));
  if (const auto user = rest.rfind('@'); user != std::string::npos) {
    rest = rest.substr(user + 1);
  }
  return absl::StrCat("postgresql://", rest, "#", options.schema);
}

absl::StatusOr<std::unique_ptr<Loader>> MakeLoader(
    const WarehouseOptions& options) {
  const std::string& database = options.loader.database;
  if (auto file = base::SqliteFileOf(database)) {
    return std::make_unique<SqliteLoader>(options.loader, options.data_dir,
                                          *std::move(file));
  }
  if (base::IsPostgresUrl(database)) {
    return std::make_unique<PostgresLoader>(options.loader);
  }
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_DATABASE",
      "a database begins with sqlite: or postgresql://, e.g. "
      "sqlite:events.db");
}

absl::StatusOr<std::unique_ptr<WarehouseReceiver>> WarehouseReceiver::Create(
    const WarehouseOptions& options, base::Clock& clock) {
  absl::StatusOr<std::unique_ptr<Loader>> loader = MakeLoader(options);
  if (!loader.ok()) return loader.status();
  return std::make_unique<WarehouseReceiver>(*std::move(loader), options,
                                             clock);
}

WarehouseReceiver::WarehouseReceiver(std::unique_ptr<Loader> loader,
                                     const WarehouseOptions& options,
                                     base::Clock& clock)
    : loader_(std::move(loader)),
      keep_(options.keep),
      endpoint_(EndpointOf(options.loader)),
      clock_(clock),
      rows_({.max_columns = options.loader.max_columns,
             .may_add_columns = options.loader.create_tables}) {}

void WarehouseReceiver::Send(Batch batch, Done done) { done(Load(batch)); }

SendResult WarehouseReceiver::Load(const Batch& batch) {
  // First, because it says which columns there are.
  absl::Status status = loader_->Prepare();
  if (status.ok()) {
    status = rows_.Read(batch, loader_->known_columns(), clock_.Now());
  }
  if (status.ok()) status = loader_->Load(rows_.tables());
  SendResult result = ResultOf(status);
  if (!status.ok()) return result;
  for (std::size_t i = 0; i < rows_.changes().size(); ++i) {
    if (rows_.changes()[i] == 0) continue;
    result.changed_values.push_back(
        {.reason = kValueChanges[i], .count = rows_.changes()[i]});
  }
  return result;
}

absl::Duration WarehouseReceiver::Maintain() {
  // A failure shows with the next batch, too, and is told there.
  if (!loader_->Prepare().ok()) return kPrepareInterval;
  if (keep_ == absl::InfiniteDuration()) return absl::InfiniteDuration();
  const absl::Time before = clock_.Now() - keep_;
  const absl::Duration end = clock_.Uptime() + kDeletionTime;
  do {
    const auto deleted = loader_->DeleteBefore(before, kDeletedAtOnce);
    if (!deleted.ok() || *deleted < kDeletedAtOnce) return kDeletionInterval;
  } while (clock_.Uptime() < end);
  return absl::ZeroDuration();
}

Limits WarehouseReceiver::limits() const {
  return {.max_batch_messages = 10'000, .max_batch_bytes = 4 << 20};
}

}  // namespace segrid::receivers::warehouse
