#include <chrono>
#include <deque>
#include <mutex>
#include <string>

#include "bench/load/answer.h"
#include "bench/load/lane.h"
#include "bench/load/pacer.h"
#include "bench/load/stream_frame.h"
#include "grpcpp/alarm.h"
#include "grpcpp/client_context.h"
#include "grpcpp/generic/generic_stub.h"

namespace segrid::bench {
namespace {

constexpr std::chrono::milliseconds kReopenPause{100};

class StreamLane final : public Lane {
 public:
  StreamLane(const LaneSettings& settings,
             std::shared_ptr<grpc::Channel> channel,
             grpc::CompletionQueue& queue)
      : settings_(settings), stub_(std::move(channel)), queue_(queue) {
    const std::lock_guard lock(mu_);
    Open();
  }

  void Start(std::int64_t intended_ns) override {
    const std::lock_guard lock(mu_);
    waiting_.push_back(intended_ns);
    WriteNext();
  }
  void Check(std::int64_t now_ns) override;
  void Close(bool now) override;
  bool closed() override {
    const std::lock_guard lock(mu_);
    return state_ == State::kClosed && !is_writing_;
  }

 private:
  enum class State { kOpening, kOpen, kFinishing, kPausing, kClosed };

  // A tag that calls one of the lane's handlers, with mu_ held.
  struct Op final : Tag {
    Op(StreamLane& l, void (StreamLane::*h)(bool)) : lane(l), handler(h) {}
    void OnEvent(bool ok) override {
      const std::lock_guard lock(lane.mu_);
      (lane.*handler)(ok);
    }
    StreamLane& lane;
    void (StreamLane::*handler)(bool);
  };

  void Open();
  void OnOpened(bool ok);
  void WriteNext();
  void OnWritten(bool ok);
  void OnRead(bool ok);
  void OnFinished(bool ok);
  void OnPaused(bool ok);
  void Finish();
  void TakeAnswer();
  void End(const Frame& frame, std::size_t code, std::int64_t bytes);

  const LaneSettings settings_;
  grpc::GenericStub stub_;
  grpc::CompletionQueue& queue_;
  Op opened_{*this, &StreamLane::OnOpened};
  Op written_{*this, &StreamLane::OnWritten};
  Op read_{*this, &StreamLane::OnRead};
  Op finished_{*this, &StreamLane::OnFinished};
  Op paused_{*this, &StreamLane::OnPaused};

  std::mutex mu_;  // Guards all below.
  State state_ = State::kOpening;
  std::unique_ptr<grpc::ClientContext> context_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  grpc::ByteBuffer answer_;
  grpc::Status status_;
  grpc::Alarm pause_;
  std::deque<std::int64_t> waiting_;  // Intended starts, not yet written.
  FrameTable frames_;                 // Written, not yet answered.
  bool is_writing_ = false;           // A write or the half-close is pending.
  bool is_closing_ = false;
  bool is_half_closed_ = false;
  bool is_stalled_ = false;
  std::uint64_t answers_ = 0;
};

void StreamLane::Open() {
  state_ = State::kOpening;
  is_stalled_ = is_half_closed_ = false;
  stream_.reset();  // Before its context, in whose memory it lives.
  context_ = std::make_unique<grpc::ClientContext>();
  for (const auto& [key, value] : settings_.metadata) {
    context_->AddMetadata(key, value);
  }
  stream_ = stub_.PrepareCall(context_.get(), settings_.method.path, &queue_);
  stream_->StartCall(static_cast<Tag*>(&opened_));
}

void StreamLane::OnOpened(bool ok) {
  if (!ok) {
    Finish();
    return;
  }
  state_ = State::kOpen;
  stream_->Read(&answer_, static_cast<Tag*>(&read_));
  WriteNext();
}

void StreamLane::WriteNext() {
  if (is_writing_ || state_ != State::kOpen) return;
  if (waiting_.empty()) {
    if (is_closing_ && !is_half_closed_ && frames_.size() == 0) {
      is_writing_ = is_half_closed_ = true;
      stream_->WritesDone(static_cast<Tag*>(&written_));
    }
    return;
  }
  Feed::Request request = settings_.feed.Next();
  const Frame frame{.intended_ns = waiting_.front(),
                    .sent_ns = SteadyNanos(),
                    .events = request.events,
                    .bytes = static_cast<std::int64_t>(request.bytes.size())};
  waiting_.pop_front();
  const grpc::ByteBuffer message =
      FrameBytes(frames_.Add(frame), std::move(request.bytes));
  is_writing_ = true;
  // More is coming: let the transport collect before it writes to the socket.
  grpc::WriteOptions options;
  if (!waiting_.empty()) options.set_buffer_hint();
  stream_->Write(message, options, static_cast<Tag*>(&written_));
}

void StreamLane::OnWritten(bool ok) {
  is_writing_ = false;
  if (ok) WriteNext();
}

void StreamLane::OnRead(bool ok) {
  if (!ok) {
    Finish();
    return;
  }
  TakeAnswer();
  answer_.Clear();
  stream_->Read(&answer_, static_cast<Tag*>(&read_));
  WriteNext();
}

void StreamLane::TakeAnswer() {
  const StreamAnswer answer = ReadStreamAnswer(answer_);
  Frame frame;
  if (!answer.is_readable || !frames_.Take(answer.request_id, frame)) {
    settings_.recorder.Explain(
        kBadAnswer, "a stream's answer has a request_id that nobody waits for");
    context_->TryCancel();
    return;
  }
  std::size_t code = answer.code;
  if (code != kOk) settings_.recorder.Explain(code, answer.error);
  if (code == kOk && answers_++ % kCheckEvery == 0) {
    const std::string wrong =
        CheckAnswer(settings_.method.method, answer_, frame.events);
    if (!wrong.empty()) {
      settings_.recorder.Explain(kBadAnswer, wrong);
      code = kBadAnswer;
    }
  }
  End(frame, code, static_cast<std::int64_t>(answer_.Length()));
}

void StreamLane::End(const Frame& frame, std::size_t code, std::int64_t bytes) {
  const std::int64_t now = SteadyNanos();
  settings_.recorder.Record({.step = settings_.StepAt(frame.intended_ns),
                             .intended_ns = frame.intended_ns,
                             .end_ns = now,
                             .code = code,
                             .events = frame.events,
                             .request_bytes = frame.bytes,
                             .response_bytes = bytes});
  if (settings_.driver.Again(now)) waiting_.push_back(now);
}

void StreamLane::Finish() {
  state_ = State::kFinishing;
  stream_->Finish(&status_, static_cast<Tag*>(&finished_));
}

void StreamLane::OnFinished(bool) {
  std::size_t code = CodeIndex(status_.error_code());
  std::string why = status_.error_message();
  if (is_stalled_) {
    code = kDeadlineExceeded;
    why = "no answer on the stream within the time-out";
  } else if (code == kOk) {
    code = kUnavailable;
    why = "the server ended the stream";
  }
  const std::vector<Frame> lost = frames_.TakeAll();
  if (!lost.empty()) settings_.recorder.Explain(code, why);
  for (const Frame& frame : lost) End(frame, code, 0);
  if (is_closing_) {
    state_ = State::kClosed;
    return;
  }
  state_ = State::kPausing;
  pause_.Set(&queue_, std::chrono::system_clock::now() + kReopenPause,
             static_cast<Tag*>(&paused_));
}

void StreamLane::OnPaused(bool) {
  if (is_closing_) {
    state_ = State::kClosed;
  } else if (is_writing_) {  // The old stream's last tag is still to come.
    pause_.Set(&queue_, std::chrono::system_clock::now() + kReopenPause,
               static_cast<Tag*>(&paused_));
  } else {
    Open();
  }
}

void StreamLane::Check(std::int64_t now_ns) {
  const std::lock_guard lock(mu_);
  const std::int64_t oldest = frames_.OldestSent();
  if (oldest > 0 && now_ns - oldest > settings_.timeout_ns) {
    is_stalled_ = true;
    context_->TryCancel();
    return;
  }
  if (state_ == State::kOpen || waiting_.empty()) return;
  // Nobody there to send to: what waited too long has failed.
  while (!waiting_.empty() &&
         now_ns - waiting_.front() > settings_.timeout_ns) {
    const Frame frame{.intended_ns = waiting_.front()};
    waiting_.pop_front();
    settings_.recorder.Explain(kUnavailable, "the stream cannot be opened: " +
                                                 status_.error_message());
    End(frame, kUnavailable, 0);
  }
}

void StreamLane::Close(bool now) {
  const std::lock_guard lock(mu_);
  const bool was_closing = is_closing_;
  is_closing_ = true;
  if (state_ == State::kPausing) pause_.Cancel();
  if (now && context_ != nullptr) context_->TryCancel();
  if (!was_closing) WriteNext();
}

}  // namespace

std::unique_ptr<Lane> MakeStreamLane(const LaneSettings& settings,
                                     std::shared_ptr<grpc::Channel> channel,
                                     grpc::CompletionQueue& queue) {
  return std::make_unique<StreamLane>(settings, std::move(channel), queue);
}

}  // namespace segrid::bench
