// The thread that changes what is stored, and its assistant.

#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/pool/serial_thread.h"
#include "core/queue/rocksdb/backup_desk.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/commit.h"
#include "core/queue/rocksdb/shared.h"
#include "core/queue/rocksdb/waiting_calls.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {

// Group commit: while one commit is being synced, more callers gather, and when
// they are many, the assistant does for the next commit what can be done ahead.
// Commits are written in their order, and answered when they are written.
//
// When the disk fails, appends fail, deliveries are settled in memory and kept
// in mind, and it tries to open the store again once per retry interval.
//
// Ownership:     keeps a reference to `shared`, whose books it changes.
// Thread safety: Post from any thread.
class Writer {
 public:
  explicit Writer(Shared& shared);
  // Finishes what was posted.
  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  // Answers later, in another thread. False: too much is waiting already; the
  // call keeps its `done`.
  bool Post(Call& call);

  const BackupDesk& backups() const { return backups_; }

 private:
  using Calls = WaitingCalls::Calls;
  // A commit on its way to the disk, and who waits for it.
  struct Flight {
    Calls calls{};
    std::unique_ptr<Commit> commit{};
  };

  void Run();
  void Assist();
  void CommitAll(std::unique_ptr<Flight> flight, Calls calls);
  // Lets a commit, a new one if it is null, do what the calls ask for, except
  // appends when the disk is full.
  void Add(std::unique_ptr<Flight>& flight, Calls calls);
  void Seal(Commit& commit);
  // Writes a sealed commit, and answers.
  void Finish(Flight& flight);
  void Publish(Commit& commit);
  void Break(const absl::Status& status, Calls& calls);
  void ServeBroken(Calls calls);
  void Remember(const Calls& calls);
  absl::Status Recover();
  absl::Status SaveAcks(Books& books);
  // Whether the store is in an older format, and has no body in it any more.
  bool MayRaiseFormat() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(shared_.mu);
  // Looks whether there is room, and whether the directory is still there.
  void LookForRoom();
  void Rest();
  // Gives disk space back: of lanes with this much to give, or, `drained`, of
  // those that have nothing pending.
  void Reclaim(bool drained);
  void AnswerLater(Calls calls, std::vector<std::string> ready_lanes);
  void Step(std::string_view name);
  // The machine's clock, which tests do not set.
  static absl::Duration Uptime();

  Shared& shared_;

  WaitingCalls waiting_;

  // Before Shared::mu when both are held.
  absl::Mutex ahead_mu_;
  // The next commit, as far as the assistant has come.
  std::unique_ptr<Flight> ahead_ ABSL_GUARDED_BY(ahead_mu_);

  // The writer's thread; the assistant's only while it writes, and reading
  // all but the batches.
  std::array<::rocksdb::WriteBatch, 2> batches_;  // Used in turn.
  std::size_t batch_ = 0;
  bool has_room_ = true;
  absl::Status place_;  // Not OK while the directory is not in its place.
  // The writer's thread only.
  bool broken_ = false;
  // By the machine's clock, which tests do not set; its time of day may jump.
  absl::Duration next_try_ = -absl::InfiniteDuration();
  absl::Duration next_look_ = -absl::InfiniteDuration();   // For room.
  absl::Duration next_sweep_ = -absl::InfiniteDuration();  // For old records.
  std::map<std::string, std::vector<Range>> unsaved_acks_;

  BackupDesk backups_;
  std::atomic<bool> looks_for_backup_ = false;

  pool::SerialThread answers_{"queue tasks"};
  pool::SerialThread janitor_{"queue tasks"};
  pool::SerialThread snapshots_{"queue tasks"};
  std::thread assistant_;  // Last: they use the others.
  std::thread thread_;
};

}  // namespace segrid::queue::rocksdb
