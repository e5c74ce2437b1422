#include "server/rpc/idempotency.h"

#include <deque>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "core/base/error_info.h"
#include "core/catalog/catalog.h"
#include "core/codec/wire.h"

namespace segrid::rpc {
namespace {

// `events` of ForwardRequest.
constexpr std::uint32_t kEventsTag = codec::MakeTag(1, codec::WireType::kBytes);
constexpr std::uint32_t kCustomArgsTag =
    codec::MakeTag(catalog::kCustomArgsNumber, codec::WireType::kBytes);

std::uint64_t HashOf(std::string_view bytes) {
  return std::hash<std::string_view>()(bytes);
}

void Mix(std::uint64_t value, std::uint64_t& into) {
  into = (into ^ value) * 0x9E3779B97F4A7C15u;
  into ^= into >> 29;
}

std::string_view Between(const char* begin, const char* end) {
  return {begin, static_cast<std::size_t>(end - begin)};
}

// The entries of the map are added up, everything else is hashed as it stands.
std::uint64_t FingerprintOfEvent(std::string_view event) {
  std::uint64_t entries = 0;
  std::uint64_t rest = event.size();
  codec::WireReader reader(event);
  const char* run = event.data();  // Not hashed yet.
  while (!reader.done()) {
    const char* const begin = reader.position();
    std::uint32_t tag = 0;
    if (!reader.ReadTag(tag) || !reader.SkipValue(tag)) return HashOf(event);
    if (tag != kCustomArgsTag) continue;
    Mix(HashOf(Between(run, begin)), rest);
    entries += HashOf(Between(begin, reader.position()));
    run = reader.position();
  }
  Mix(HashOf(Between(run, event.data() + event.size())), rest);
  Mix(entries, rest);
  return rest;
}

}  // namespace

absl::Status CheckIdempotencyKey(std::string_view key) {
  if (key.size() <= kMaxIdempotencyKeyBytes) return absl::OkStatus();
  return base::MakeError(absl::StatusCode::kInvalidArgument,
                         "BAD_IDEMPOTENCY_KEY",
                         "the metadata segrid-idempotency-key must be at most "
                         "128 bytes; use a random one for each call");
}

std::uint64_t FingerprintOf(std::string_view request) {
  std::uint64_t whole = request.size();
  codec::WireReader reader(request);
  while (!reader.done()) {
    const char* const begin = reader.position();
    std::uint32_t tag = 0;
    std::string_view event;
    if (!reader.ReadTag(tag)) return HashOf(request);
    if (tag == kEventsTag) {
      if (!reader.ReadBytes(event)) return HashOf(request);
      Mix(FingerprintOfEvent(event), whole);
    } else {
      if (!reader.SkipValue(tag)) return HashOf(request);
      Mix(HashOf(Between(begin, reader.position())), whole);
    }
  }
  return whole;
}

class Idempotency::Table {
 public:
  Table(const IdempotencyOptions& options, base::Clock& clock)
      : options_(options), clock_(clock) {}

  // True: the caller has to do the call and to tell Done(). False: `answer` has
  // been given the answer, or will be.
  bool Begin(const std::string& name, ForwardAnswer& answer)
      ABSL_LOCKS_EXCLUDED(mu_) {
    std::string known;
    {
      absl::MutexLock lock(&mu_);
      Forget(clock_.Uptime());
      const auto [place, is_new] = calls_.try_emplace(name);
      if (is_new) return true;
      Call& call = place->second;
      if (!call.is_done) {
        call.waiting.push_back(std::move(answer));
        return false;
      }
      known = call.answer;
    }
    answer(Copy(known));
    return false;
  }

  void Done(const std::string& name,
            const absl::StatusOr<codec::OutputBuffer>& answer)
      ABSL_LOCKS_EXCLUDED(mu_) {
    std::vector<ForwardAnswer> waiting;
    {
      absl::MutexLock lock(&mu_);
      const auto place = calls_.find(name);
      waiting = std::move(place->second.waiting);
      if (answer.ok()) {
        place->second.answer = answer->view();
        Keep(*place);
      } else {
        calls_.erase(place);
      }
    }
    for (const ForwardAnswer& other : waiting) {
      if (answer.ok()) {
        other(Copy(answer->view()));
      } else {
        other(answer.status());
      }
    }
  }

  std::size_t size() const ABSL_LOCKS_EXCLUDED(mu_) {
    absl::MutexLock lock(&mu_);
    return kept_.size();
  }

 private:
  struct Call {
    bool is_done = false;
    std::string answer{};                  // When done.
    std::vector<ForwardAnswer> waiting{};  // Until then.
  };
  using Calls = std::unordered_map<std::string, Call>;

  struct Kept {
    const std::string* name;   // The key in calls_.
    absl::Duration forget_at;  // On the clock's uptime.
  };

  static codec::OutputBuffer Copy(std::string_view bytes) {
    codec::OutputBuffer copy;
    copy.Append(bytes);
    return copy;
  }

  // Name and answer, and the nodes that hold them.
  static std::int64_t CostOf(const Calls::value_type& call) {
    constexpr std::size_t kNodes = 64 + sizeof(Kept);
    return static_cast<std::int64_t>(sizeof(call) + call.first.size() +
                                     call.second.answer.size() + kNodes);
  }

  void Keep(Calls::value_type& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const absl::Duration now = clock_.Uptime();
    call.second.is_done = true;
    bytes_ += CostOf(call);
    kept_.push_back({&call.first, now + options_.max_age});
    Forget(now);
  }

  void Forget(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    while (!kept_.empty() &&
           (kept_.size() > options_.max_answers ||
            bytes_ > options_.max_bytes || kept_.front().forget_at <= now)) {
      const auto place = calls_.find(*kept_.front().name);
      bytes_ -= CostOf(*place);
      calls_.erase(place);
      kept_.pop_front();
    }
  }

  const IdempotencyOptions options_;
  base::Clock& clock_;

  mutable absl::Mutex mu_;
  Calls calls_ ABSL_GUARDED_BY(mu_);
  std::deque<Kept> kept_ ABSL_GUARDED_BY(mu_);  // Oldest first.
  std::int64_t bytes_ ABSL_GUARDED_BY(mu_) = 0;
};

Idempotency::Idempotency(const IdempotencyOptions& options, base::Clock& clock)
    : table_(std::make_shared<Table>(options, clock)) {}

Idempotency::~Idempotency() = default;

void Idempotency::Answer(std::string_view key, std::string_view request,
                         ForwardAnswer answer, const Work& work) {
  if (key.empty()) return work(std::move(answer));
  const std::uint64_t fingerprint = FingerprintOf(request);
  std::string name(key);
  name.append(reinterpret_cast<const char*>(&fingerprint), sizeof(fingerprint));
  if (!table_->Begin(name, answer)) return;
  work([table = table_, name = std::move(name),
        answer = std::move(answer)](absl::StatusOr<codec::OutputBuffer> made) {
    table->Done(name, made);
    answer(std::move(made));
  });
}

std::size_t Idempotency::size() const { return table_->size(); }

}  // namespace segrid::rpc
