#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "bench/load/answer.h"
#include "bench/load/lane.h"
#include "bench/load/pacer.h"
#include "grpcpp/alarm.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"

namespace segrid::bench {
namespace {

// A server that is not there refuses in microseconds: asking again at once
// would only measure how fast this tool can fail.
constexpr std::int64_t kFastFailureNs = 1'000'000;
constexpr std::chrono::milliseconds kFailurePause{10};

class UnaryLane;

// A slot: one call after the other.
class UnaryCall final : public Tag {
 public:
  explicit UnaryCall(UnaryLane& lane) : lane_(lane) {}

  void Begin(std::int64_t intended_ns);
  void OnEvent(bool ok) override;

 private:
  void Record(std::int64_t now);
  std::size_t Judge();

  UnaryLane& lane_;
  std::optional<grpc::ClientContext> context_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  grpc::Alarm pause_;
  bool is_pausing_ = false;
  std::int64_t intended_ns_ = 0;
  std::int64_t begin_ns_ = 0;
  std::int64_t events_ = 0;
  std::int64_t request_bytes_ = 0;
};

class UnaryLane final : public Lane {
 public:
  UnaryLane(const LaneSettings& settings,
            std::shared_ptr<grpc::Channel> channel,
            grpc::CompletionQueue& queue)
      : settings_(settings),
        path_(settings.method.path),
        stub_(std::move(channel)),
        queue_(queue) {}

  void Start(std::int64_t intended_ns) override {
    TakeSlot()->Begin(intended_ns);
  }
  void Check(std::int64_t) override {}  // Each call has its deadline.
  void Close(bool) override {}
  bool closed() override { return true; }

 private:
  friend class UnaryCall;

  UnaryCall* TakeSlot() {
    const std::lock_guard lock(mu_);
    if (free_.empty()) {
      slots_.push_back(std::make_unique<UnaryCall>(*this));
      return slots_.back().get();
    }
    UnaryCall* slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void GiveBack(UnaryCall* slot) {
    const std::lock_guard lock(mu_);
    free_.push_back(slot);
  }

  const LaneSettings settings_;
  const std::string path_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue& queue_;
  std::atomic<std::uint64_t> answers_ = 0;

  std::mutex mu_;  // Guards the slots' lists, not the slots.
  std::vector<std::unique_ptr<UnaryCall>> slots_;
  std::vector<UnaryCall*> free_;
};

void UnaryCall::Begin(std::int64_t intended_ns) {
  const LaneSettings& settings = lane_.settings_;
  intended_ns_ = intended_ns;
  begin_ns_ = SteadyNanos();
  context_.emplace();
  context_->set_deadline(std::chrono::system_clock::now() +
                         std::chrono::nanoseconds(settings.timeout_ns));
  for (const auto& [key, value] : settings.metadata) {
    context_->AddMetadata(key, value);
  }
  Feed::Request request = settings.feed.Next();
  events_ = request.events;
  request_bytes_ = static_cast<std::int64_t>(request.bytes.size());
  answer_.Clear();
  reader_ = lane_.stub_.PrepareUnaryCall(&*context_, lane_.path_,
                                         grpc::ByteBuffer(&request.bytes, 1),
                                         &lane_.queue_);
  reader_->StartCall();
  reader_->Finish(&answer_, &status_, static_cast<Tag*>(this));
}

std::size_t UnaryCall::Judge() {
  const LaneSettings& settings = lane_.settings_;
  if (!status_.ok()) {
    const std::size_t code = CodeIndex(status_.error_code());
    settings.recorder.Explain(code, status_.error_message());
    return code;
  }
  if (lane_.answers_.fetch_add(1, std::memory_order_relaxed) % kCheckEvery !=
      0) {
    return kOk;
  }
  const std::string wrong =
      CheckAnswer(settings.method.method, answer_, events_);
  if (wrong.empty()) return kOk;
  settings.recorder.Explain(kBadAnswer, wrong);
  return kBadAnswer;
}

void UnaryCall::Record(std::int64_t now) {
  lane_.settings_.recorder.Record(
      {.step = lane_.settings_.StepAt(intended_ns_),
       .intended_ns = intended_ns_,
       .end_ns = now,
       .code = Judge(),
       .events = events_,
       .request_bytes = request_bytes_,
       .response_bytes = static_cast<std::int64_t>(answer_.Length())});
}

void UnaryCall::OnEvent(bool) {
  const std::int64_t now = SteadyNanos();
  if (is_pausing_) {
    is_pausing_ = false;
    Begin(now);
    return;
  }
  Record(now);
  if (!lane_.settings_.driver.Again(now)) {
    lane_.GiveBack(this);
  } else if (CodeIndex(status_.error_code()) == kUnavailable &&
             now - begin_ns_ < kFastFailureNs) {
    is_pausing_ = true;
    pause_.Set(&lane_.queue_, std::chrono::system_clock::now() + kFailurePause,
               static_cast<Tag*>(this));
  } else {
    Begin(now);
  }
}

}  // namespace

std::unique_ptr<Lane> MakeUnaryLane(const LaneSettings& settings,
                                    std::shared_ptr<grpc::Channel> channel,
                                    grpc::CompletionQueue& queue) {
  return std::make_unique<UnaryLane>(settings, std::move(channel), queue);
}

}  // namespace segrid::bench
