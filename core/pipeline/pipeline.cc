#include "core/pipeline/pipeline.h"

#include <algorithm>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "core/base/error_info.h"
#include "core/pipeline/forward_batch.h"
#include "core/pipeline/free_list.h"
#include "core/pipeline/settlement.h"
#include "core/pipeline/source_options.h"
#include "core/pipeline/transform_batch.h"

namespace segrid::pipeline {
namespace {

// Transformers kept for the next call: as many as calls that usually run at
// once.
constexpr std::size_t kMaxFreeTransformers = 64;
// A batch over this size gives its memory back.
constexpr std::size_t kUsualBatchBytes = 1 << 20;

absl::Status UnknownSource(std::string_view field, std::string_view name) {
  absl::Status status = base::MakeError(
      absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
      std::string(field) + ": the configuration has no source '" +
          std::string(name) + "'");
  base::SetFieldViolations(status, {{std::string(field), "no such source"}});
  return status;
}

// The result of an Append, without the tickets.
ForwardResult MakeResult(std::vector<ForwardLane>& lanes,
                         const queue::AppendResult& appended,
                         std::vector<Issue> issues, const Counts& counts) {
  ForwardResult result;
  result.events = counts.events;
  result.issues = std::move(issues);
  result.field_coerced = counts.field_coerced;
  result.field_dropped = counts.field_dropped;
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const queue::LaneAppend& lane = appended.lanes[i];
    result.sources.push_back({*lanes[i].name,
                              static_cast<std::int32_t>(lane.accepted),
                              static_cast<std::int32_t>(lane.duplicates),
                              lanes[i].skipped, lanes[i].rejected});
  }
  return result;
}

std::size_t MemoryOf(const ForwardResult& result) {
  return sizeof(result) + result.sources.capacity() * sizeof(SourceResult) +
         result.issues.capacity() * sizeof(Issue);
}

queue::AppendBatch MakeBatch(std::vector<ForwardLane>& lanes,
                             const std::optional<base::TraceParent>& trace) {
  queue::AppendBatch batch;
  for (ForwardLane& lane : lanes) {
    const codec::OutputBuffer::Released json = lane.json.Release();
    batch.chunks.push_back(
        {*lane.lane, queue::Bytes::Adopt(json.storage, {json.data, json.size}),
         std::move(lane.messages), trace});
  }
  return batch;
}

// The sources of one configuration. Does not change.
class SourceTable {
 public:
  explicit SourceTable(const std::vector<config::Source>& sources) {
    options_.reserve(sources.size());
    for (const config::Source& source : sources) {
      names_.push_back(source.name);
      lanes_.push_back(config::LaneOf(source));
      options_.push_back(CompileOptions(source));
    }
  }

  std::size_t size() const { return names_.size(); }
  // size() for a name that is none.
  std::size_t Find(std::string_view name) const {
    return static_cast<std::size_t>(
        std::find(names_.begin(), names_.end(), name) - names_.begin());
  }
  const std::vector<std::string>& names() const { return names_; }
  // The queue's lanes, in the order of names().
  const std::vector<std::string>& lanes() const { return lanes_; }
  const transform::Options& options(std::size_t index) const {
    return options_[index];
  }

 private:
  std::vector<std::string> names_;
  std::vector<std::string> lanes_;
  std::vector<transform::Options> options_;  // By name.
};

// The lanes of the named sources, each once; of all when none is named. They
// point into `sources`. While a reload renames a source, both names have one
// lane.
absl::StatusOr<std::vector<ForwardLane>> SelectLanes(
    const SourceTable& sources, const std::vector<std::string>& wanted) {
  if (sources.size() == 0) {
    return base::MakeError(absl::StatusCode::kFailedPrecondition, "NO_SOURCES",
                           "the configuration has no source to forward to");
  }
  std::vector<ForwardLane> lanes;
  const auto add = [&sources, &lanes](std::size_t index) {
    for (const ForwardLane& lane : lanes) {
      if (*lane.lane == sources.lanes()[index]) return;
    }
    ForwardLane& lane = lanes.emplace_back();
    lane.name = &sources.names()[index];
    lane.lane = &sources.lanes()[index];
    lane.options = &sources.options(index);
  };
  if (wanted.empty()) {
    for (std::size_t i = 0; i < sources.size(); ++i) add(i);
  }
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const std::size_t index = sources.Find(wanted[i]);
    if (index == sources.size()) {
      return UnknownSource("sources[" + std::to_string(i) + "]", wanted[i]);
    }
    add(index);
  }
  return lanes;
}

}  // namespace

class Pipeline::State {
 public:
  State(const config::Config& config, Environment environment)
      : environment_(environment), max_events_(config.grpc.max_events) {
    Replace(config);
  }

  void DropSpareMemory() {
    transformers_.Clear();
    forwarders_.Clear();
  }

  void Replace(const config::Config& config) {
    auto sources = std::make_shared<SourceTable>(config.sources);
    absl::MutexLock lock(&mu_);
    sources_ = std::move(sources);
  }

  std::shared_ptr<const SourceTable> sources() const {
    absl::ReaderMutexLock lock(&mu_);
    return sources_;
  }

  absl::Status Transform(const Input& input, std::string_view source,
                         Output output, TransformResult& result) {
    const transform::Options* options = &defaults_;
    std::shared_ptr<const SourceTable> sources;
    if (!source.empty()) {
      sources = this->sources();
      const std::size_t index = sources->Find(source);
      if (index == sources->size()) return UnknownSource("source", source);
      options = &sources->options(index);
    }
    const auto transformer = transformers_.Borrow();
    const absl::Status status =
        transformer->Transform(input, *options, output, max_events_, result);
    if (input.bytes.size() > kUsualBatchBytes) transformer->Shrink();
    if (status.ok() && environment_.observer != nullptr) {
      environment_.observer->OnTransform(source, result.counts, result.issues);
    }
    return status;
  }

  void Forward(const ForwardCall& call, ForwardDone done) {
    // The lanes point into the table.
    const std::shared_ptr<const SourceTable> sources = this->sources();
    auto lanes = SelectLanes(*sources, call.sources);
    if (!lanes.ok()) return done(lanes.status());
    std::vector<Issue> issues;
    Counts counts;
    {
      const auto transformer = forwarders_.Borrow();
      const absl::Status status = transformer->Transform(
          call.input, max_events_, *lanes, issues, counts);
      if (call.input.bytes.size() > kUsualBatchBytes) transformer->Shrink();
      if (!status.ok()) return done(status);
    }
    queue::AppendBatch batch = MakeBatch(*lanes, call.trace);
    if (environment_.tracks != nullptr && environment_.tracks->is_watching()) {
      for (std::size_t i = 0; i < batch.chunks.size(); ++i) {
        environment_.tracks->OnTracks(*(*lanes)[i].name, batch.chunks[i]);
      }
    }
    environment_.queue.Append(
        std::move(batch),
        [this, sources,
         lanes = std::make_shared<std::vector<ForwardLane>>(*std::move(lanes)),
         issues = std::move(issues), counts, wait = call.wait_delivered,
         end = deliver::WaitEnd(call.deadline, call.stop),
         on_wait = call.on_wait, done = std::move(done)](
            absl::StatusOr<queue::AppendResult> appended) mutable {
          Tell(appended.status());
          if (!appended.ok()) return done(appended.status());
          ForwardResult result =
              MakeResult(*lanes, *appended, std::move(issues), counts);
          if (environment_.observer != nullptr) {
            environment_.observer->OnForward(result);
          }
          if (!wait) return done(std::move(result));
          if (on_wait) on_wait(MemoryOf(result));
          WaitUntilSettled(environment_.deliverer, *lanes, *appended, end,
                           std::move(result), std::move(done));
        });
  }

 private:
  void Tell(const absl::Status& appended) {
    if (environment_.appends == nullptr) return;
    if (appended.ok()) return environment_.appends->OnAppended();
    environment_.appends->OnRefused(appended);
  }

  const Environment environment_;
  const std::int32_t max_events_;
  const transform::Options defaults_;
  mutable absl::Mutex mu_;
  std::shared_ptr<const SourceTable> sources_ ABSL_GUARDED_BY(mu_);
  FreeList<BatchTransformer> transformers_{kMaxFreeTransformers};
  FreeList<ForwardTransformer> forwarders_{kMaxFreeTransformers};
};

Pipeline::Pipeline(const config::Config& config, Environment environment)
    : state_(std::make_unique<State>(config, environment)) {}

Pipeline::~Pipeline() = default;

absl::Status Pipeline::Transform(const Input& input, std::string_view source,
                                 Output output, TransformResult& result) {
  return state_->Transform(input, source, output, result);
}

void Pipeline::Forward(const ForwardCall& call, ForwardDone done) {
  state_->Forward(call, std::move(done));
}

void Pipeline::Replace(const config::Config& config) {
  state_->Replace(config);
}

void Pipeline::DropSpareMemory() { state_->DropSpareMemory(); }

std::vector<std::string> Pipeline::sources() const {
  return state_->sources()->names();
}

}  // namespace segrid::pipeline
