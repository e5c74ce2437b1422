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
  if (request_ != nullptr) request_->Write(Kind::kDone, absl::StrCat(bytes));
  said_ = true;
}

void QueueCopy::Failed(std::string_view why) {
  if (request_ != nullptr && !said_) request_->Write(Kind::kFailed, why);
  said_ = true;
}

QueueCopy::~QueueCopy() {
  Failed("the copy was not finished");
  // When the server has ended since, nobody else deletes them; when it runs, it
  // does so as soon as the request is unlocked.
}

}  // namespace segrid::queue::rocksdb
