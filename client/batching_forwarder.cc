#include "client/batching_forwarder.h"

#include <unistd.h>

#include <algorithm>
#include <stop_token>
#include <string_view>
#include <thread>
#include <utility>

#include "client/internal/call_failure.h"
#include "client/internal/event_buffer.h"

namespace segrid {
namespace {

using internal::BufferedEvent;
using internal::EventBuffer;

// The forwarder whose callbacks this thread runs. What waits for their end must
// not wait in them.
thread_local const void* calling_back = nullptr;

class CallbackOf {
 public:
  explicit CallbackOf(const void* forwarder)
      : before_(std::exchange(calling_back, forwarder)) {}
  ~CallbackOf() { calling_back = before_; }
  CallbackOf(const CallbackOf&) = delete;
  CallbackOf& operator=(const CallbackOf&) = delete;

 private:
  const void* const before_;
};

Error TimeIsUp() {
  Error error;
  error.code = ErrorCode::kCancelled;
  error.reason = "SHUT_DOWN";
  error.message = "the forwarder was shut down before the server answered";
  return error;
}

// The outcome of each event of a batch that the server answered.
std::vector<EventOutcome> OutcomesOf(const v1::ForwardResponse& answer,
                                     std::size_t count) {
  std::vector<EventOutcome> outcomes(count);
  for (const v1::EventIssue& issue : answer.issues()) {
    const auto index = static_cast<std::size_t>(issue.index());
    if (index < count) outcomes[index].issues.push_back(issue);
  }
  const auto sources =
      static_cast<std::size_t>(std::max(answer.sources_size(), 1));
  for (EventOutcome& outcome : outcomes) {
    outcome.kind = EventOutcome::Kind::kAccepted;
    std::size_t refusals = 0;
    for (const v1::EventIssue& issue : outcome.issues) {
      refusals += issue.source().empty() ? sources : 1;
    }
    if (refusals < sources) continue;
    const bool rejected =
        std::any_of(outcome.issues.begin(), outcome.issues.end(),
                    [](const v1::EventIssue& issue) {
                      return issue.outcome() == v1::OUTCOME_REJECTED;
                    });
    outcome.kind =
        rejected ? EventOutcome::Kind::kRejected : EventOutcome::Kind::kSkipped;
  }
  return outcomes;
}

std::vector<EventOutcome> FailedOutcomes(const Error& error,
                                         std::size_t count) {
  std::vector<EventOutcome> outcomes(count);
  for (EventOutcome& outcome : outcomes) outcome.error = error;
  return outcomes;
}

}  // namespace

// The buffer and the threads that empty it.
class BatchingForwarder::State {
 public:
  State(Client client, BatchingOptions options)
      : client_(std::move(client)),
        options_(std::move(options)),
        bad_options_(options_.Validate()),
        buffer_(options_) {
    if (bad_options_) return;
    for (std::int32_t i = 0; i < options_.max_in_flight; ++i) {
      senders_.emplace_back([this] { SendUntilClosed(); });
    }
  }

  // In a child of the process that made it: its threads are not there, and its
  // locks may be held for ever.
  bool IsForked() const { return getpid() != process_; }

  std::optional<Error> Add(v1::SendGridEvent event, std::uint64_t id) {
    if (bad_options_) return bad_options_;
    const auto bytes = static_cast<std::int64_t>(event.ByteSizeLong());
    return buffer_.Add({.event = std::move(event), .id = id, .bytes = bytes},
                       /*may_block=*/!IsCallback());
  }

  bool Flush(std::chrono::nanoseconds timeout) {
    buffer_.Flush();
    return !IsCallback() && buffer_.WaitUntilSettled(timeout);
  }

  bool Shutdown(std::chrono::nanoseconds timeout) {
    if (IsCallback()) return false;
    if (senders_.empty()) return in_time_;
    buffer_.Close();
    in_time_ = buffer_.WaitUntilSettled(timeout);
    if (!in_time_) {
      stop_calls_.request_stop();
      std::vector<BufferedEvent> rest = buffer_.TakeBack();
      if (!rest.empty()) Settle(rest, FailedOutcomes(TimeIsUp(), rest.size()));
    }
    senders_.clear();  // Joins them.
    return in_time_;
  }

  std::chrono::nanoseconds shutdown_timeout() const {
    return options_.shutdown_timeout;
  }
  BatchingStats stats() const { return buffer_.stats(); }

 private:
  bool IsCallback() const { return calling_back == this; }

  void SendUntilClosed() {
    while (true) {
      std::vector<BufferedEvent> batch = buffer_.Take();
      if (batch.empty()) return;
      Settle(batch, Send(batch));
    }
  }

  std::vector<EventOutcome> Send(std::vector<BufferedEvent>& batch) {
    v1::ForwardRequest request;
    *request.mutable_sources() = {options_.sources.begin(),
                                  options_.sources.end()};
    request.mutable_events()->Reserve(static_cast<int>(batch.size()));
    for (BufferedEvent& buffered : batch) {
      request.add_events()->Swap(&buffered.event);
    }
    CallOptions call;
    call.timeout = options_.batch_timeout;
    call.stop = stop_calls_.get_token();
    const auto answer = client_.Forward(request, call);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      batch[i].event.Swap(request.mutable_events(static_cast<int>(i)));
    }
    if (answer.ok()) return OutcomesOf(*answer, batch.size());
    const bool stopped = answer.error().reason == "STOPPED";
    return FailedOutcomes(stopped ? TimeIsUp() : answer.error(), batch.size());
  }

  void Settle(const std::vector<BufferedEvent>& batch,
              std::vector<EventOutcome> outcomes) {
    const CallbackOf scope(this);
    EventBuffer::Settled settled;
    settled.first_sequence = batch.front().sequence;
    for (std::size_t i = 0; i < batch.size(); ++i) {
      EventOutcome& outcome = outcomes[i];
      outcome.id = batch[i].id;
      outcome.event = &batch[i].event;
      settled.bytes += batch[i].bytes;
      ++CountOf(outcome.kind, settled);
      if (options_.on_outcome) options_.on_outcome(outcome);
    }
    buffer_.Settle(settled);
    if (options_.on_batch) options_.on_batch(buffer_.stats());
  }

  static std::int64_t& CountOf(EventOutcome::Kind kind,
                               EventBuffer::Settled& settled) {
    switch (kind) {
      case EventOutcome::Kind::kAccepted:
        return settled.accepted;
      case EventOutcome::Kind::kSkipped:
        return settled.skipped;
      case EventOutcome::Kind::kRejected:
        return settled.rejected;
      case EventOutcome::Kind::kFailed:
        break;
    }
    return settled.failed;
  }

  const Client client_;
  const BatchingOptions options_;
  const std::optional<Error> bad_options_;
  const pid_t process_ = getpid();
  EventBuffer buffer_;
  std::stop_source stop_calls_;
  bool in_time_ = true;  // What Shutdown() said.
  std::vector<std::jthread> senders_;
};

BatchingForwarder::BatchingForwarder(Client client, BatchingOptions options)
    : state_(std::make_unique<State>(std::move(client), std::move(options))) {}

BatchingForwarder::~BatchingForwarder() {
  if (state_->IsForked()) {
    // Left behind on purpose: nobody can end it.
    static_cast<void>(state_.release());
    return;
  }
  state_->Shutdown(state_->shutdown_timeout());
}

std::optional<Error> BatchingForwarder::Add(v1::SendGridEvent event,
                                            std::uint64_t id) {
  if (state_->IsForked()) return internal::Forked();
  return state_->Add(std::move(event), id);
}

bool BatchingForwarder::Flush(std::chrono::nanoseconds timeout) {
  return !state_->IsForked() && state_->Flush(timeout);
}

bool BatchingForwarder::Shutdown(std::chrono::nanoseconds timeout) {
  return !state_->IsForked() && state_->Shutdown(timeout);
}

BatchingStats BatchingForwarder::stats() const {
  return state_->IsForked() ? BatchingStats() : state_->stats();
}

}  // namespace segrid
