#include "core/queue/rocksdb/backup_desk.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "core/base/status_macros.h"
#include "core/queue/rocksdb/directory.h"

namespace segrid::queue::rocksdb {
namespace {

using Kind = BackupRequest::Kind;

BackupStats StatsOf(const LastBackup& last) {
  return {.last_time = last.time, .last_bytes = last.bytes};
}

}  // namespace

BackupDesk::BackupDesk(Shared& shared)
    : shared_(shared),
      directory_(shared.options.directory),
      stats_(StatsOf(ReadLastBackup(directory_))) {}

BackupStats BackupDesk::stats() const {
  absl::MutexLock lock(&mu_);
  return stats_;
}

bool BackupDesk::busy() const {
  absl::MutexLock lock(&mu_);
  return busy_;
}

void BackupDesk::Look() {
  const std::unique_ptr<BackupRequest> request =
      BackupRequest::Find(directory_);
  if (request == nullptr) {
    // An earlier run may have left something.
    if (busy() || !std::exchange(looked_, true)) RemoveSnapshot();
    return;
  }
  looked_ = true;
  if (!request->IsAlive()) return End(*request);
  const std::optional<BackupRequest::State> state = request->Read();
  if (!state.has_value()) return;
  if (state->kind == Kind::kReady) {
    // Perhaps of an earlier run of the server: the copy goes on.
    absl::MutexLock lock(&mu_);
    busy_ = true;
  }
  if (state->kind != Kind::kWanted) return;
  RemoveSnapshot();
  {
    absl::MutexLock lock(&mu_);
    busy_ = true;
  }
  const absl::Status made = MakeSnapshot();
  if (made.ok()) return request->Write(Kind::kReady);
  RemoveSnapshot();
  request->Write(Kind::kRefused, std::string(made.message()));
}

absl::Status BackupDesk::MakeSnapshot() {
  absl::ReaderMutexLock disk_lock(&shared_.disk_mu);
  if (shared_.disk->database() == nullptr) {
    absl::MutexLock lock(&shared_.mu);
    return shared_.health.broken;
  }
  Mark mark;
  {
    absl::MutexLock lock(&shared_.mu);
    mark = shared_.disk->mark();
  }
  const std::string path = SnapshotPath(directory_);
  SEGRID_RETURN_IF_ERROR(shared_.disk->MakeSnapshot(path, mark));
  int format = 0;
  {
    // Later than the records: older ones in a newer format can be read.
    absl::MutexLock lock(&shared_.mu);
    format = shared_.disk->directory().format();
  }
  return Directory::WriteFormatOf(path, format);
}

void BackupDesk::RemoveSnapshot() {
  std::error_code error;
  std::filesystem::remove_all(SnapshotPath(directory_), error);
  absl::MutexLock lock(&mu_);
  busy_ = false;
}

void BackupDesk::End(BackupRequest& request) {
  const std::optional<BackupRequest::State> state = request.Read();
  RemoveSnapshot();
  if (state.has_value() && state->kind == Kind::kDone) {
    const LastBackup last = ReadLastBackup(directory_);
    absl::MutexLock lock(&mu_);
    ++stats_.done;
    stats_.last_time = last.time;
    stats_.last_bytes = last.bytes;
    stats_.last_error.clear();
  } else if (state.has_value() &&
             (state->kind == Kind::kFailed || state->kind == Kind::kRefused)) {
    Fail(state->detail);
  } else {
    Fail("the process that made it ended before it was whole");
  }
  request.Delete();
}

void BackupDesk::Fail(std::string why) {
  absl::MutexLock lock(&mu_);
  ++stats_.failed;
  stats_.last_error = std::move(why);
}

}  // namespace segrid::queue::rocksdb
