#include "server/rpc/idempotency.h"

#include <deque>
#include <optional>
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

class Idempotency::Table : public std::enable_shared_from_this<Table> {
 public:
  Table(const IdempotencyOptions& options, base::Clock& clock)
      : options_(options), clock_(clock) {}

  struct Call {
    bool is_done = false;
    std::string answer{};                  // When done.
    std::vector<ForwardAnswer> waiting{};  // Until then.
    std::stop_source stop{};
    std::size_t callers = 0;  // Who have not left.
  };
  using CallPointer = std::shared_ptr<Call>;

  // A call that the caller has to do, and tell Done() of. Null: `answer` has
  // been given the answer, or will be.
  CallPointer Begin(const std::string& name, const std::stop_token& gone,
                    ForwardAnswer& answer) ABSL_LOCKS_EXCLUDED(mu_) {
    const auto watch = std::make_shared<Watch>();
    // Keeps the watch until the answer.
    ForwardAnswer watched =
        [watch, answer](absl::StatusOr<codec::OutputBuffer> result) {
          answer(std::move(result));
        };
    std::optional<std::string> known;
    CallPointer call;
    bool is_new = false;
    {
      absl::MutexLock lock(&mu_);
      Forget(clock_.Uptime());
      CallPointer& place = calls_[name];
      is_new = place == nullptr;
      if (is_new) place = std::make_shared<Call>();
      call = place;
      if (call->is_done) {
        known = call->answer;
      } else {
        ++call->callers;
        if (!is_new) call->waiting.push_back(watched);
      }
    }
    if (known.has_value()) {
      answer(Copy(*known));
      return nullptr;
    }
    WatchCaller(name, call, gone, *watch);
    if (!is_new) return nullptr;
    answer = std::move(watched);
    return call;
  }

  void Done(const std::string& name, const CallPointer& call,
            const absl::StatusOr<codec::OutputBuffer>& answer)
      ABSL_LOCKS_EXCLUDED(mu_) {
    std::vector<ForwardAnswer> waiting;
    {
      absl::MutexLock lock(&mu_);
      waiting = std::move(call->waiting);
      call->is_done = true;
      call->stop = std::stop_source(std::nostopstate);
      const auto place = calls_.find(name);
      // Else all callers have left.
      if (place != calls_.end() && place->second == call) {
        if (answer.ok()) {
          call->answer = answer->view();
          Keep(*place);
        } else {
          calls_.erase(place);
        }
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
  using StopCallback = std::stop_callback<std::function<void()>>;
  struct Watch {
    std::unique_ptr<StopCallback> callback;
  };
  using Calls = std::unordered_map<std::string, CallPointer>;

  struct Kept {
    const std::string* name;   // The key in calls_.
    absl::Duration forget_at;  // On the clock's uptime.
  };

  // Outside the lock, because the callback runs inline when the caller has left
  // already.
  void WatchCaller(const std::string& name, const CallPointer& call,
                   const std::stop_token& gone, Watch& watch) {
    if (!gone.stop_possible()) return;
    // Weak, because the call holds the watch.
    watch.callback = std::make_unique<StopCallback>(
        gone, [weak_table = weak_from_this(),
               weak_call = std::weak_ptr<Call>(call), name] {
          const auto table = weak_table.lock();
          const CallPointer left = weak_call.lock();
          if (table != nullptr && left != nullptr) table->Leave(name, left);
        });
  }

  // Stops the work when the last caller leaves; who comes after that begins a
  // new call.
  void Leave(const std::string& name, const CallPointer& call)
      ABSL_LOCKS_EXCLUDED(mu_) {
    std::stop_source stop(std::nostopstate);
    {
      absl::MutexLock lock(&mu_);
      if (call->is_done || --call->callers > 0) return;
      const auto place = calls_.find(name);
      if (place != calls_.end() && place->second == call) calls_.erase(place);
      stop = call->stop;
    }
    stop.request_stop();
  }

  static codec::OutputBuffer Copy(std::string_view bytes) {
    codec::OutputBuffer copy;
    copy.Append(bytes);
    return copy;
  }

  // Name and answer, and the nodes that hold them.
  static std::int64_t CostOf(const Calls::value_type& call) {
    constexpr std::size_t kNodes = 64 + sizeof(Kept);
    return static_cast<std::int64_t>(sizeof(call) + sizeof(Call) +
                                     call.first.size() +
                                     call.second->answer.size() + kNodes);
  }

  void Keep(Calls::value_type& call) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    const absl::Duration now = clock_.Uptime();
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

void Idempotency::Answer(const IdempotentCall& call, ForwardAnswer answer,
                         const Work& work) {
  if (call.key.empty()) return work(call.gone, std::move(answer));
  const std::uint64_t fingerprint = FingerprintOf(call.request);
  std::string name(call.key);
  name.append(reinterpret_cast<const char*>(&fingerprint), sizeof(fingerprint));
  const Table::CallPointer begun = table_->Begin(name, call.gone, answer);
  if (begun == nullptr) return;
  work(begun->stop.get_token(),
       [table = table_, begun, name = std::move(name),
        answer = std::move(answer)](absl::StatusOr<codec::OutputBuffer> made) {
         table->Done(name, begun, made);
         answer(std::move(made));
       });
}

std::size_t Idempotency::size() const { return table_->size(); }

}  // namespace segrid::rpc
