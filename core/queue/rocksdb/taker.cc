#include "core/queue/rocksdb/taker.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/records.h"

namespace segrid::queue::rocksdb {
namespace {

// About a batch of each lane that is busy.
constexpr std::size_t kMaxCached = 8;

}  // namespace

void Taker::Take(TakeRequest request, Queue::TakeDone done) {
  thread_.Post([this, request = std::move(request), done = std::move(done)] {
    done(TakeNow(request));
  });
}

absl::StatusOr<Lease> Taker::TakeNow(const TakeRequest& request) {
  Lease lease;
  lease_bytes_ = 0;
  while (true) {
    std::optional<Wanted> wanted;
    {
      absl::MutexLock lock(&shared_.mu);
      wanted = Lend(request, lease);
    }
    if (!wanted.has_value()) return lease;
    const absl::Status status = Read(request, *wanted);
    if (status.ok()) continue;
    // Messages that are leased go out; the next Take meets the error first.
    if (lease.messages.empty()) return status;
    lease.more = true;
    return lease;
  }
}

std::optional<Taker::Wanted> Taker::Lend(const TakeRequest& request,
                                         Lease& lease) {
  const absl::Time now = shared_.clock.Now();
  LaneBook* const book = shared_.books->Find(request.lane);
  if (book == nullptr) return std::nullopt;
  Lane& lane = book->lane;
  lane.MakeDue(now);
  if (lease.id == 0) lease.id = ++shared_.last_lease_id;
  std::optional<Wanted> wanted;
  const auto next_due = [&] {
    return request.only ? lane.NextDueIn(*request.only) : lane.NextDue();
  };
  while (const std::optional<DueRun> run = next_due()) {
    if (!lease.messages.empty() && run->attempts != lease.attempts) {
      lease.more = true;
      break;
    }
    const Body* const body =
        FindCached(shared_.generation, lane.id(), run->chunk);
    if (body == nullptr) {
      wanted = Wanted{shared_.generation, lane.id(), run->chunk};
      break;
    }
    if (!LendRun(request, *book, *run, *body, lease)) {
      lease.more = true;
      break;
    }
  }
  if (lease.messages.empty()) {
    if (!wanted.has_value()) lease.id = 0;
  } else {
    lane.AddLoan(lease.id, now + request.lease);
  }
  lease.next_due = lane.NextChange();
  return wanted;
}

bool Taker::LendRun(const TakeRequest& request, LaneBook& book, DueRun run,
                    const Body& body, Lease& lease) {
  Sequence next = run.range.first;
  for (; next <= run.range.last; ++next) {
    const std::size_t place = next - run.chunk;
    const std::string_view track = body.track(place);
    lease_bytes_ += static_cast<std::int64_t>(track.size()) + 1;
    const bool fits = lease_bytes_ <= request.max_bytes &&
                      std::ssize(lease.messages) < request.max_messages;
    if (!lease.messages.empty() && !fits) break;
    lease.messages.push_back({.sequence = next,
                              .id = body.id(place),
                              .track = track,
                              .accepted_time = run.info.accepted_time});
  }
  const bool all = next > run.range.last;
  if (next == run.range.first) return false;
  lease.attempts = run.attempts;
  lease.storage.push_back(body.storage());
  run.range.last = next - 1;
  for (const TracedPlaces& places : body.traces()) {
    const Sequence first = run.chunk + places.first;
    const Range lent{std::max(first, run.range.first),
                     std::min(first + places.count - 1, run.range.last)};
    if (lent.first <= lent.last) lease.traces.push_back({lent, places.trace});
  }
  book.lane.Lend(run, lease.id, body.ends());
  return all;
}

const Body* Taker::FindCached(std::uint64_t generation, LaneId lane,
                              Sequence first) const {
  for (const Cached& cached : cache_) {
    if (cached.generation == generation && cached.lane == lane &&
        cached.first == first) {
      return cached.body.get();
    }
  }
  return nullptr;
}

bool Taker::IsStillWanted(const TakeRequest& request, const Wanted& wanted) {
  absl::MutexLock lock(&shared_.mu);
  const LaneBook* const book = shared_.books->Find(request.lane);
  return shared_.generation == wanted.generation && book != nullptr &&
         book->lane.chunks().contains(wanted.first);
}

absl::Status Taker::Read(const TakeRequest& request, const Wanted& wanted) {
  const std::string key = SequenceKey(wanted.lane, wanted.first);
  absl::StatusOr<std::optional<std::string>> value;
  {
    absl::ReaderMutexLock lock(&shared_.disk_mu);
    const Database* const database = shared_.disk->database();
    if (database == nullptr) {
      absl::MutexLock health_lock(&shared_.mu);
      return shared_.health.broken;
    }
    value = database->Get(Family::kBodies, key);
  }
  std::optional<Body> body;
  if (value.ok() && value->has_value()) {
    body = Body::Parse(**value, key);
  }
  if (body.has_value()) {
    cache_.push_front({wanted.generation, wanted.lane, wanted.first,
                       std::make_shared<const Body>(*std::move(body))});
    if (cache_.size() > kMaxCached) cache_.pop_back();
    return absl::OkStatus();
  }
  if (!IsStillWanted(request, wanted)) return absl::OkStatus();
  absl::Status status = value.status();
  if (status.ok() || absl::IsDataLoss(status)) {
    status = Corrupt(absl::StrCat("lane '", request.lane,
                                  "': the messages of chunk ", wanted.first,
                                  " cannot be read"));
    absl::MutexLock lock(&shared_.mu);
    shared_.health.corrupt = status;
  }
  return status;
}

}  // namespace segrid::queue::rocksdb
