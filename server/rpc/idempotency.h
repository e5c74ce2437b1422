// Forward's answers, given again to whoever asks again.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "server/rpc/forward_call.h"

namespace segrid::rpc {

// The metadata that names a call, the same in each of its tries.
inline constexpr char kIdempotencyKeyName[] = "segrid-idempotency-key";
inline constexpr std::size_t kMaxIdempotencyKeyBytes = 128;

// OK, also for no key at all, or INVALID_ARGUMENT, BAD_IDEMPOTENCY_KEY.
absl::Status CheckIdempotencyKey(std::string_view key);

// Names the content of a serialized ForwardRequest: equal for equal requests,
// also when a language wrote the entries of a map in another order the second
// time. Costs what reading the tags costs. Bytes that are no message have a
// fingerprint, too.
std::uint64_t FingerprintOf(std::string_view request);

// What is remembered; the oldest answers go first.
struct IdempotencyOptions {
  std::size_t max_answers = 100'000;
  std::int64_t max_bytes = 32 << 20;  // With what keeping an answer costs.
  absl::Duration max_age = absl::Minutes(10);
};

// Who asks, and for what. Views that are read during Answer only.
struct IdempotentCall {
  std::string_view key;
  std::string_view request;
  // Stops when the caller waits no longer.
  std::stop_token gone{};
};

// Remembers the answers to calls by their keys, in this process only: after a
// restart, or at another server, a retry is a new call, whose events the queue
// of this server then knows as duplicates. Errors are not remembered: nothing
// is promised by one, so a retry is worked on.
//
// A key names a call together with its content. With other content it is
// another call: a key that was used twice by mistake loses no event.
//
// Ownership:     keeps a reference to `clock`; what is under way shares the
//                rest and may outlive this.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class Idempotency {
 public:
  Idempotency(const IdempotencyOptions& options, base::Clock& clock);
  ~Idempotency();
  Idempotency(const Idempotency&) = delete;
  Idempotency& operator=(const Idempotency&) = delete;

  // `stop` stops when no caller waits any longer.
  using Work = std::function<void(const std::stop_token& stop, ForwardAnswer)>;

  // Gives `answer` what `work` gives, once. When a call of that name has been
  // answered, it gets the same bytes and `work` does not run; while one is
  // under way, it waits for the same answer or error. An empty key: just
  // `work`. Callbacks run outside of the lock.
  void Answer(const IdempotentCall& call, ForwardAnswer answer,
              const Work& work);

  // How many answers are kept.
  std::size_t size() const;

 private:
  class Table;
  const std::shared_ptr<Table> table_;
};

}  // namespace segrid::rpc
