#include "core/queue/rocksdb/writer.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {
namespace {

// One commit takes no more JSON than this, if it takes more than one call.
constexpr std::int64_t kMaxCommitBytes = 8 << 20;
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
// Delivered bodies that are deleted together while the store is busy.
constexpr std::int64_t kSweepBytes = 16 << 20;
constexpr int kSweepRecords = 10'000;
// Deleted bytes of which the space is given back.
constexpr std::int64_t kReclaimBytes = 256 << 20;
constexpr std::int64_t kReclaimDrainedBytes = 1 << 20;

}  // namespace

Writer::Writer(Shared& shared) : shared_(shared), thread_([this] { Run(); }) {}

Writer::~Writer() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
  }
  thread_.join();
}

bool Writer::Post(Call& call) {
  const std::int64_t bytes = BytesOf(call);
  absl::MutexLock lock(&mu_);
  if (bytes > 0 && waiting_bytes_ > 0 &&
      waiting_bytes_ + bytes > shared_.options.max_waiting_bytes) {
    return false;
  }
  waiting_bytes_ += bytes;
  waiting_.push_back(std::move(call));
  return true;
}

void Writer::Step(std::string_view name) {
  if (shared_.options.on_step) shared_.options.on_step(name);
}

Writer::Calls Writer::Wait() {
  const auto awake = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return stopping_ || !waiting_.empty();
  };
  const absl::Duration timeout =
      broken_ || !has_room_ ? shared_.options.retry_interval : kIdle;
  absl::MutexLock lock(&mu_);
  mu_.AwaitWithTimeout(absl::Condition(&awake), timeout);
  Calls calls;
  std::int64_t bytes = 0;
  auto end = waiting_.begin();
  for (; end != waiting_.end() && bytes < kMaxCommitBytes; ++end) {
    bytes += BytesOf(*end);
  }
  if (end == waiting_.end()) {
    calls.swap(waiting_);
  } else {
    std::move(waiting_.begin(), end, std::back_inserter(calls));
    waiting_.erase(waiting_.begin(), end);
  }
  waiting_bytes_ -= bytes;
  return calls;
}

void Writer::Run() {
  while (true) {
    Calls calls = Wait();
    if (broken_ && absl::Now() >= next_try_) {
      const absl::Status status = Recover();
      next_try_ = absl::Now() + shared_.options.retry_interval;
      absl::MutexLock lock(&shared_.mu);
      shared_.health.broken = status;
    }
    LookForRoom();
    if (!calls.empty()) {
      broken_ ? ServeBroken(std::move(calls)) : CommitAll(std::move(calls));
      continue;
    }
    {
      absl::MutexLock lock(&mu_);
      if (stopping_ && waiting_.empty()) return;
    }
    if (!broken_) Rest();
  }
}

void Writer::LookForRoom() {
  const absl::Time now = absl::Now();
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  has_room_ = shared_.disk->HasRoom();
  absl::MutexLock lock(&shared_.mu);
  shared_.health.has_room = has_room_;
}

void Writer::Fill(Commit& commit, Calls& calls) {
  absl::MutexLock lock(&shared_.mu);
  for (Call& call : calls) {
    if (!has_room_ && std::holds_alternative<AppendCall>(call)) {
      queue::rocksdb::Fail(call, DiskFull(shared_.options.reserve_bytes));
    } else {
      commit.Add(call);
    }
  }
  commit.DropOverdue();
  commit.Sweep(kSweepBytes);
  if (absl::Now() >= next_sweep_) {
    next_sweep_ = absl::Now() + kIdle;
    commit.SweepRecords(kSweepRecords);
  }
  commit.Prepare();
}

void Writer::CommitAll(Calls calls) {
  Step("taken");
  std::vector<std::string> ready_lanes;
  {
    Commit commit({shared_.options, *shared_.disk->database(), *shared_.books,
                   batch_, shared_.clock.Now()});
    Fill(commit, calls);
    Step("prepared");
    if (!commit.empty()) {
      const bool sync = shared_.options.sync && commit.needs_sync();
      const absl::Status status =
          shared_.disk->database()->Write(commit.Build(), sync);
      Step("written");
      if (status.ok()) {
        Publish(commit);
        ready_lanes = commit.ready_lanes();
        if (commit.needs_sync()) {
          shared_.disk->SetMark(*shared_.books, shared_.clock.Now());
        }
        Step("marked");
      } else {
        Break(status, calls);
      }
    }
  }
  AnswerLater(std::move(calls), std::move(ready_lanes));
  if (!broken_) Reclaim(false);
}

void Writer::Publish(Commit& commit) {
  absl::MutexLock lock(&shared_.mu);
  commit.Publish();
}

void Writer::AnswerLater(Calls calls, std::vector<std::string> ready_lanes) {
  auto answered = std::make_shared<Calls>(std::move(calls));
  answers_.Post([this, answered, lanes = std::move(ready_lanes)] {
    Step("answering");
    for (const std::string& lane : lanes) shared_.subscribers.Notify(lane);
    for (Call& call : *answered) Answer(call);
  });
}

void Writer::Rest() {
  bool write = false;
  Commit commit({shared_.options, *shared_.disk->database(), *shared_.books,
                 batch_, shared_.clock.Now()});
  {
    absl::MutexLock lock(&shared_.mu);
    commit.DropOverdue();
    commit.Sweep(1);
    commit.SweepRecords(kSweepRecords);
    commit.Prepare();
    write = !commit.empty();
  }
  if (write) {
    Calls none;
    const absl::Status status =
        shared_.disk->database()->Write(commit.Build(), false);
    if (!status.ok()) return Break(status, none);
    Publish(commit);
  }
  Reclaim(true);
}

void Writer::Reclaim(bool drained) {
  for (const auto& [name, book] : shared_.books->lanes) {
    const bool empty = drained && book->lane.pending() == 0;
    if (book->deleted_bytes < (empty ? kReclaimDrainedBytes : kReclaimBytes)) {
      continue;
    }
    book->deleted_bytes = 0;
    const LaneId id = book->lane.id();
    janitor_.Post([this, id, end = book->bodies_from] {
      absl::ReaderMutexLock lock(&shared_.disk_mu);
      Database* const database = shared_.disk->database();
      if (database == nullptr) return;
      // If it fails, the space comes back with a later one.
      database
          ->Reclaim(Family::kBodies, SequenceKey(id, 0), SequenceKey(id, end))
          .IgnoreError();
    });
  }
}

}  // namespace segrid::queue::rocksdb
