// The one thread that changes what is stored.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/commit.h"
#include "core/queue/rocksdb/serial_thread.h"
#include "core/queue/rocksdb/shared.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {

// Group commit: while one batch is being synced, the next callers gather.
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

 private:
  using Calls = std::vector<Call>;

  void Run();
  Calls Wait();
  void CommitAll(Calls calls);
  // Lets the commit do what the calls ask for, except appends when the disk is
  // full.
  void Fill(Commit& commit, Calls& calls);
  void Publish(Commit& commit);
  void Break(const absl::Status& status, Calls& calls);
  void ServeBroken(Calls calls);
  void Remember(const Calls& calls);
  absl::Status Recover();
  absl::Status SaveAcks(Books& books);
  void LookForRoom();
  void Rest();
  // Gives disk space back: of lanes with this much to give, or, `drained`, of
  // those that have nothing pending.
  void Reclaim(bool drained);
  void AnswerLater(Calls calls, std::vector<std::string> ready_lanes);
  void Step(std::string_view name);

  Shared& shared_;

  absl::Mutex mu_;
  Calls waiting_ ABSL_GUARDED_BY(mu_);
  std::int64_t waiting_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;

  // The writer's thread only.
  ::rocksdb::WriteBatch batch_;
  bool broken_ = false;
  bool has_room_ = true;
  absl::Time next_try_ = absl::InfinitePast();    // By the machine's clock.
  absl::Time next_look_ = absl::InfinitePast();   // For room.
  absl::Time next_sweep_ = absl::InfinitePast();  // Of old records.
  std::map<std::string, std::vector<Range>> unsaved_acks_;

  SerialThread answers_;
  SerialThread janitor_;
  std::thread thread_;  // Last: it uses the others.
};

}  // namespace segrid::queue::rocksdb
