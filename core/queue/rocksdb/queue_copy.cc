#include "core/queue/rocksdb/queue_copy.h"

#include <poll.h>

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"

namespace segrid::queue::rocksdb {
namespace {

using Kind = BackupRequest::Kind;

// Between two looks at what the server says.
constexpr int kLookMilliseconds = 20;
// For the server to delete its snapshot; it looks at least once per second.
constexpr absl::Duration kGoodbye = absl::Seconds(5);

absl::Status NoSnapshot(absl::StatusCode code, std::string_view why) {
  return base::MakeError(
      code, "NO_SNAPSHOT",
      absl::StrCat("the server made no snapshot of its queue: ",
                   std::string(why)));
}

bool IsLocked(const absl::Status& status) {
  return base::ReasonOf(status) == "QUEUE_LOCKED";
}

}  // namespace

absl::StatusOr<std::unique_ptr<QueueCopy>> QueueCopy::Open(
    const std::string& queue_directory, absl::Duration patience) {
  std::unique_ptr<QueueCopy> copy(new QueueCopy(queue_directory));
  auto stopped = Directory::Open(queue_directory, Directory::Purpose::kLook);
  if (stopped.ok()) {
    copy->directory_ = *std::move(stopped);
    copy->path_ = queue_directory;
    return copy;
  }
  if (!IsLocked(stopped.status())) return stopped.status();
  SEGRID_ASSIGN_OR_RETURN(copy->request_, BackupRequest::Make(queue_directory));
  SEGRID_RETURN_IF_ERROR(copy->Ask(patience));
  copy->path_ = SnapshotPath(queue_directory);
  return copy;
}

absl::Status QueueCopy::Ask(absl::Duration patience) {
  const absl::Time end = absl::Now() + patience;
  while (true) {
    const std::optional<BackupRequest::State> state = request_->Read();
    if (state.has_value() && state->kind == Kind::kReady) {
      return absl::OkStatus();
    }
    if (state.has_value() && state->kind == Kind::kRefused) {
      said_ = true;
      return NoSnapshot(absl::StatusCode::kUnavailable, state->detail);
    }
    const absl::Status stopped =
        Directory::Open(queue_directory_, Directory::Purpose::kLook).status();
    if (!IsLocked(stopped)) {
      request_->Delete();
      return NoSnapshot(absl::StatusCode::kUnavailable,
                        "it ended meanwhile; run the command again");
    }
    if (absl::Now() >= end) {
      request_->Delete();
      return NoSnapshot(
          absl::StatusCode::kDeadlineExceeded,
          absl::StrCat("it did not respond within ",
                       absl::FormatDuration(patience),
                       "; its disk may hang, or its version makes none"));
    }
    ::poll(nullptr, 0, kLookMilliseconds);
  }
}

void QueueCopy::Done(std::int64_t bytes) {
  WriteLastBackup(queue_directory_, {absl::Now(), bytes});
  End(Kind::kDone, absl::StrCat(bytes));
}

void QueueCopy::Failed(std::string_view why) { End(Kind::kFailed, why); }

void QueueCopy::End(Kind kind, std::string_view detail) {
  if (std::exchange(said_, true) || request_ == nullptr) return;
  request_->Write(kind, detail);
  request_.reset();  // Which the server sees.
  // When it has ended since, its next start deletes the snapshot.
  const absl::Time end = absl::Now() + kGoodbye;
  while (absl::Now() < end &&
         BackupRequest::Find(queue_directory_) != nullptr &&
         IsLocked(Directory::Open(queue_directory_, Directory::Purpose::kLook)
                      .status())) {
    ::poll(nullptr, 0, kLookMilliseconds);
  }
}

QueueCopy::~QueueCopy() { Failed("the copy was not finished"); }

}  // namespace segrid::queue::rocksdb
