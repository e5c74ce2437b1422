#include "core/queue/rocksdb/writer.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/base/status_macros.h"
#include "core/base/thread_name.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kSweepInterval = absl::Seconds(1);
constexpr absl::Duration kLookInterval = absl::Milliseconds(100);
// Delivered bodies that are deleted together while the store is busy.
constexpr std::int64_t kSweepBytes = 16 << 20;
constexpr int kSweepRecords = 10'000;
// Deleted bytes of which the space is given back.
constexpr std::int64_t kReclaimBytes = 256 << 20;
constexpr std::int64_t kReclaimDrainedBytes = 1 << 20;

}  // namespace

Writer::Writer(Shared& shared)
    : shared_(shared),
      waiting_(shared.options.max_waiting_bytes,
               shared.options.min_ahead_bytes),
      backups_(shared),
      assistant_([this] { Assist(); }),
      thread_([this] { Run(); }) {}

Writer::~Writer() {
  waiting_.Stop();
  assistant_.join();
  thread_.join();
}

bool Writer::Post(Call& call) { return waiting_.Post(call); }

void Writer::Step(std::string_view name) {
  if (shared_.options.on_step) shared_.options.on_step(name);
}

absl::Duration Writer::Uptime() { return base::SystemClock().Uptime(); }

void Writer::Run() {
  base::NameThread("queue writer");
  while (true) {
    Calls calls = waiting_.Wait(
        broken_ || !has_room_ ? shared_.options.retry_interval : kIdle);
    std::unique_ptr<Flight> ahead;
    {
      absl::MutexLock lock(&ahead_mu_);
      ahead = std::move(ahead_);
    }
    if (broken_) {
      if (ahead != nullptr) Finish(*ahead);
      ahead.reset();
      if (Uptime() >= next_try_) {
        const absl::Status status = Recover();
        next_try_ = Uptime() + shared_.options.retry_interval;
        absl::MutexLock lock(&shared_.mu);
        shared_.health.broken = status;
      }
    }
    LookForRoom();
    if (broken_ && !calls.empty()) {
      ServeBroken(std::move(calls));
    } else if (ahead != nullptr || !calls.empty()) {
      CommitAll(std::move(ahead), std::move(calls));
    } else {
      if (waiting_.IsFinished()) return;
      if (!broken_) Rest();
    }
  }
}

void Writer::Assist() {
  base::NameThread("queue assist");
  while (waiting_.AwaitAssistance()) {
    // Taken with this lock held, so that nobody overtakes them.
    absl::MutexLock ahead_lock(&ahead_mu_);
    std::optional<Calls> calls = waiting_.TakeAhead();
    if (!calls.has_value()) continue;
    Step("ahead");
    Add(ahead_, *std::move(calls));
    ahead_->commit->BuildAhead();
  }
}

void Writer::LookForRoom() {
  const absl::Duration now = Uptime();
  if (now < next_look_) return;
  next_look_ = now + kLookInterval;
  has_room_ = shared_.disk->HasRoom();
  place_ = shared_.disk->CheckPlace();
  // One at a time: a snapshot may take seconds.
  if (place_.ok() && !looks_for_backup_.exchange(true)) {
    snapshots_.Post([this] {
      backups_.Look();
      looks_for_backup_ = false;
    });
  }
  absl::MutexLock lock(&shared_.mu);
  shared_.health.has_room = has_room_;
  shared_.health.place = place_;
}

void Writer::Add(std::unique_ptr<Flight>& flight, Calls calls) {
  if (flight == nullptr) {
    flight = std::make_unique<Flight>();
    batch_ = (batch_ + 1) % batches_.size();
    absl::MutexLock lock(&shared_.mu);
    flight->commit = std::make_unique<Commit>(
        CommitDeps{shared_.options, *shared_.disk->database(), *shared_.books,
                   batches_[batch_], shared_.clock.Now()});
  }
  for (Call& call : calls) {
    const bool appends = std::holds_alternative<AppendCall>(call);
    if (appends && !place_.ok()) {
      Fail(call, place_);
    } else if (appends && !has_room_) {
      Fail(call, DiskFull(shared_.options.reserve_bytes));
    } else {
      // Not for all of them: the commit before waits to be published.
      absl::MutexLock lock(&shared_.mu);
      flight->commit->Add(call);
    }
    flight->calls.push_back(std::move(call));
  }
}

void Writer::Seal(Commit& commit) {
  absl::MutexLock lock(&shared_.mu);
  commit.DropOverdue();
  commit.Sweep(kSweepBytes);
  if (Uptime() >= next_sweep_) {
    next_sweep_ = Uptime() + kSweepInterval;
    commit.SweepRecords(kSweepRecords);
  }
  commit.Prepare();
}

void Writer::CommitAll(std::unique_ptr<Flight> flight, Calls calls) {
  Step("taken");
  Add(flight, std::move(calls));
  Seal(*flight->commit);
  Step("prepared");
  waiting_.SetWriting(true);
  Finish(*flight);
  waiting_.SetWriting(false);
}

void Writer::Finish(Flight& flight) {
  Commit& commit = *flight.commit;
  std::vector<std::string> ready_lanes;
  if (broken_) {
    // The commit that it builds upon was not written.
    absl::Status broken;
    {
      absl::MutexLock lock(&shared_.mu);
      broken = shared_.health.broken;
    }
    Break(broken, flight.calls);
  } else if (!commit.empty()) {
    commit.Build();
    const bool sync = shared_.options.sync && commit.needs_sync();
    const absl::Status status =
        shared_.disk->database()->Write(commit.batch(), sync);
    Step("written");
    if (status.ok()) {
      Publish(commit);
      ready_lanes = commit.ready_lanes();
      shared_.disk->SetMark();
      Step("marked");
    } else {
      Break(status, flight.calls);
    }
  }
  AnswerLater(std::move(flight.calls), std::move(ready_lanes));
  if (!broken_) Reclaim(false);
}

void Writer::Publish(Commit& commit) {
  absl::MutexLock lock(&shared_.mu);
  commit.Publish();
  shared_.disk->Note(*shared_.books, commit.needs_sync(), shared_.clock.Now());
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
                 batches_[batch_], shared_.clock.Now()});
  {
    absl::MutexLock lock(&shared_.mu);
    commit.DropOverdue();
    commit.Sweep(1);
    commit.SweepRecords(kSweepRecords);
    if (MayRaiseFormat() && shared_.disk->RaiseFormat().ok()) {
      shared_.books->format = shared_.disk->directory().format();
      commit.RewriteAll();
    } else {
      commit.Prepare();
    }
    write = !commit.empty();
  }
  if (write) {
    Calls none;
    commit.Build();
    const absl::Status status =
        shared_.disk->database()->Write(commit.batch(), false);
    if (!status.ok()) return Break(status, none);
    Publish(commit);
  }
  Reclaim(true);
}

bool Writer::MayRaiseFormat() const {
  return shared_.books->format < kFormatVersion && shared_.books->drained();
}

void Writer::Reclaim(bool drained) {
  absl::MutexLock lock(&shared_.mu);
  for (const auto& [name, book] : shared_.books->lanes) {
    const bool empty = drained && book->lane.pending() == 0;
    if (book->deleted_bytes < (empty ? kReclaimDrainedBytes : kReclaimBytes)) {
      continue;
    }
    book->deleted_bytes = 0;
    const LaneId id = book->lane.id();
    janitor_.Post([this, id, end = book->bodies_from] {
      absl::ReaderMutexLock disk_lock(&shared_.disk_mu);
      Database* const database = shared_.disk->database();
      if (database == nullptr) return;
      // If it fails, the space comes back with a later one.
      database
          ->Reclaim(Family::kBodies, SequenceKey(id, 0), SequenceKey(id, end))
          .IgnoreError();
    });
  }
}

void Writer::Break(const absl::Status& status, Calls& calls) {
  broken_ = true;
  next_try_ = Uptime();
  Remember(calls);
  for (Call& call : calls) {
    // Acks are remembered; what was refused would be refused again.
    if (!std::holds_alternative<AckCall>(call)) Fail(call, status);
  }
  absl::MutexLock lock(&shared_.mu);
  shared_.health.broken = status;
}

void Writer::Remember(const Calls& calls) {
  for (const Call& call : calls) {
    const auto* const ack = std::get_if<AckCall>(&call);
    if (ack == nullptr) continue;
    std::vector<Range>& ranges = unsaved_acks_[ack->settlement.lane];
    ranges.insert(ranges.end(), ack->settlement.ranges.begin(),
                  ack->settlement.ranges.end());
    ranges = Normalized(std::move(ranges));
  }
}

void Writer::ServeBroken(Calls calls) {
  Remember(calls);
  {
    absl::ReaderMutexLock disk_lock(&shared_.disk_mu);
    absl::MutexLock lock(&shared_.mu);
    const absl::Status broken = shared_.health.broken;
    if (Database* const database = shared_.disk->database()) {
      // Its batch is never written: the acks are remembered.
      Commit commit({shared_.options, *database, *shared_.books,
                     batches_[batch_], shared_.clock.Now()});
      for (Call& call : calls) {
        if (std::holds_alternative<AckCall>(call)) commit.Add(call);
      }
    }
    for (Call& call : calls) {
      if (std::holds_alternative<AckCall>(call)) {
        std::get<AckCall>(call).result = absl::OkStatus();
      } else {
        Fail(call, broken);
      }
    }
  }
  AnswerLater(std::move(calls), {});
}

absl::Status Writer::Recover() {
  SEGRID_RETURN_IF_ERROR(shared_.disk->Probe());
  std::unique_ptr<Books> books;
  {
    absl::WriterMutexLock lock(&shared_.disk_mu);
    SEGRID_RETURN_IF_ERROR(shared_.disk->Reopen());
    SEGRID_ASSIGN_OR_RETURN(books, shared_.disk->Load(shared_.clock.Now()));
  }
  SEGRID_RETURN_IF_ERROR(SaveAcks(*books));
  std::vector<std::string> lanes;
  {
    absl::MutexLock lock(&shared_.mu);
    for (const auto& [name, book] : books->lanes) lanes.push_back(name);
    shared_.books = std::move(books);
    ++shared_.generation;
  }
  broken_ = false;
  unsaved_acks_.clear();
  AnswerLater({}, std::move(lanes));
  return absl::OkStatus();
}

absl::Status Writer::SaveAcks(Books& books) {
  Commit commit({shared_.options, *shared_.disk->database(), books,
                 batches_[batch_], shared_.clock.Now()});
  for (const auto& [lane, ranges] : unsaved_acks_) {
    Call call = AckCall{.settlement = {.lane = lane, .ranges = ranges}};
    commit.Add(call);
  }
  commit.Prepare();
  if (commit.empty()) return absl::OkStatus();
  commit.Build();
  SEGRID_RETURN_IF_ERROR(
      shared_.disk->database()->Write(commit.batch(), shared_.options.sync));
  commit.Publish();
  shared_.disk->Note(books, true, shared_.clock.Now());
  shared_.disk->SetMark();
  return absl::OkStatus();
}

}  // namespace segrid::queue::rocksdb
