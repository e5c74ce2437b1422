// The in-process API: what the service can do, as functions. The gRPC server,
// the webhook, the command line and the embedded mode call it.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/trace_parent.h"
#include "core/config/config.h"
#include "core/deliver/deliverer.h"
#include "core/pipeline/batch.h"
#include "core/queue/queue.h"

namespace segrid::pipeline {

// What one source did with a batch. Events of the batch = accepted + duplicate
// + skipped + rejected.
struct SourceResult {
  std::string source;
  std::int32_t accepted = 0;
  std::int32_t duplicate = 0;
  std::int32_t skipped = 0;
  std::int32_t rejected = 0;
  // wait_delivered only: of the source, when the wait for it ended.
  std::optional<deliver::SourceState> state{};
};

struct ForwardCall {
  Input input;
  std::vector<std::string> sources;              // Empty: all.
  bool wait_delivered = false;                   // See Wait in bridge.proto.
  absl::Time deadline = absl::InfiniteFuture();  // Of wait_delivered.
  // Ends the wait of wait_delivered at once, with CANCELLED/CALL_ENDED.
  std::stop_token stop{};
  // Runs when the queue has the Tracks and the call goes on to wait; told how
  // many bytes of memory the wait takes. May be empty; must not block.
  std::function<void(std::size_t bytes)> on_wait{};
  // The caller's, if it is traced: told to the receivers.
  std::optional<base::TraceParent> trace{};
};

struct ForwardResult {
  std::int32_t events = 0;
  std::vector<SourceResult> sources;
  std::vector<Issue> issues;
  std::int32_t field_coerced = 0;
  std::int32_t field_dropped = 0;
  std::int32_t delivered = 0;  // wait_delivered only, like the next two.
  std::int32_t pending = 0;
  std::int32_t dead_letters = 0;
};

// Hears of each batch that was transformed, in the thread that did it. Must not
// block; may be called concurrently.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;

  virtual void OnTransform(std::string_view source, const Counts& counts,
                           const std::vector<Issue>& issues) = 0;
  // Once the queue has taken the Tracks.
  virtual void OnForward(const ForwardResult& result) = 0;
};

// Sees the Tracks of each Forward on their way to the queue, which may know or
// refuse some of them. Must not block; may be called concurrently.
class TrackObserver {
 public:
  virtual ~TrackObserver() = default;

  // Asked before each batch; false: OnTracks is not called for it.
  virtual bool is_watching() const = 0;
  virtual void OnTracks(const std::string& source,
                        const queue::Chunk& chunk) = 0;
};

// Hears whether the queue takes what Forward appends. Must not block for long;
// may be called concurrently.
class AppendObserver {
 public:
  virtual ~AppendObserver() = default;

  virtual void OnAppended() = 0;
  // The errors of queue::Queue::Append.
  virtual void OnRefused(const absl::Status& status) = 0;
};

// What the pipeline needs from outside; all must outlive it.
struct Environment {
  base::Clock& clock;
  queue::Queue& queue;
  deliver::Deliverer& deliverer;
  BatchObserver* observer = nullptr;  // May be null, like the next two.
  TrackObserver* tracks = nullptr;
  AppendObserver* appends = nullptr;
};

// Transforms and forwards, by the sources of a valid configuration.
//
// Ownership:     keeps references to the environment, copies the rest.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      Transform computes in the caller's thread and never waits;
//                Forward does not wait either: `done` may run inline or later
//                in another thread.
// Errors:        as listed at BridgeService in proto/segrid/v1/bridge.proto,
//                with the same reasons in base::ReasonOf().
class Pipeline {
 public:
  // `config` is valid (config::Load checked it).
  Pipeline(const config::Config& config, Environment environment);
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  // Takes the sources of another valid configuration, for calls that begin from
  // now on; the rest of it has no effect. A call that runs keeps those with
  // which it began.
  void Replace(const config::Config& config);

  // Frees what is kept for the next call; calls make it anew.
  void DropSpareMemory();

  // Transforms a batch with the settings of `source`, or with the defaults when
  // it is empty. On an error `result` is unspecified. Reuse `result` to save
  // its allocations.
  absl::Status Transform(const Input& input, std::string_view source,
                         Output output, TransformResult& result);

  using ForwardDone = std::function<void(absl::StatusOr<ForwardResult>)>;

  // Transforms a batch for each source and appends the Tracks to the queue in
  // one atomic step; `done` runs exactly once, after the queue has taken them.
  void Forward(const ForwardCall& call, ForwardDone done);

  // The names of the sources, in the order of the configuration.
  std::vector<std::string> sources() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace segrid::pipeline
