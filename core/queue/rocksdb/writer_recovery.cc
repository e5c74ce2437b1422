// What the writer does while the disk fails.

#include <utility>

#include "core/base/status_macros.h"
#include "core/queue/rocksdb/writer.h"

namespace segrid::queue::rocksdb {

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
