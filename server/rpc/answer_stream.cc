#include "server/rpc/answer_stream.h"

#include <cstdint>
#include <utility>

#include "server/rpc/error_status.h"

namespace segrid::rpc {
namespace {

// No message is read while the answers on their way take as much.
constexpr std::size_t kMaxAnswersBytes = 1 << 20;

}  // namespace

void AnswerStream::Start(const absl::Status& admitted) {
  self_ = shared_from_this();
  const bool entered = admitted.ok() && admission_.Enter(self_);
  absl::MutexLock lock(&mu_);
  if (!entered) {
    end_ = ToGrpcStatus(admitted.ok() ? DrainingError() : admitted);
  }
  Proceed();
}

void AnswerStream::EndForDrain() {
  absl::MutexLock lock(&mu_);
  if (!end_.has_value()) end_ = ToGrpcStatus(DrainingError());
  Proceed();
}

void AnswerStream::Recheck() {
  const absl::Status allowed = caller_.Check();
  if (allowed.ok()) return;
  {
    absl::MutexLock lock(&mu_);
    EndWith(ToGrpcStatus(allowed));
  }
  ended_.request_stop();
}

void AnswerStream::Answer(grpc::ByteBuffer answer) {
  const std::size_t bytes = answer.Length();
  absl::MutexLock lock(&mu_);
  --unanswered_;
  if (finished_) return;
  unwritten_.Add(entry_, bytes);
  answers_bytes_ += bytes;
  answers_.push_back(std::move(answer));
  Proceed();
}

void AnswerStream::Fail(const absl::Status& status) {
  absl::MutexLock lock(&mu_);
  --unanswered_;
  if (!end_.has_value()) end_ = ToGrpcStatus(status);
  Proceed();
}

void AnswerStream::OnReadDone(bool ok) {
  if (ok && taken_ != nullptr) {
    *taken_ += static_cast<std::int64_t>(message_.Length());
  }
  if (ok && !caller_.Check().ok()) {
    Recheck();
  } else if (ok) {
    {
      absl::MutexLock lock(&mu_);
      ++unanswered_;
    }
    // Outside the lock: answers of other messages may come meanwhile.
    Handle(message_);
    message_.Clear();
  }
  absl::MutexLock lock(&mu_);
  reading_ = false;
  if (!ok && !end_.has_value()) end_ = grpc::Status::OK;
  Proceed();
}

void AnswerStream::OnWriteDone(bool ok) {
  absl::MutexLock lock(&mu_);
  writing_ = false;
  const std::size_t bytes = answers_.front().Length();
  unwritten_.Remove(entry_, bytes);
  answers_bytes_ -= bytes;
  answers_.pop_front();
  if (!ok) {
    EndWith(grpc::Status::CANCELLED);
    return;
  }
  Proceed();
}

void AnswerStream::OnCancel() {
  {
    absl::MutexLock lock(&mu_);
    EndWith(grpc::Status::CANCELLED);
  }
  // Outside the lock, because calls that wait are answered inside.
  ended_.request_stop();
}

void AnswerStream::OnDone() {
  unwritten_.Forget(entry_);
  admission_.Leave(self_);
  self_.reset();  // May delete this.
}

void AnswerStream::Proceed() {
  if (finished_) return;
  if (!writing_ && !answers_.empty()) {
    writing_ = true;
    grpc::WriteOptions options;
    // With more to come at once, gRPC may put several answers into one packet.
    if (answers_.size() > 1) options.set_buffer_hint();
    StartWrite(&answers_.front(), options);
  }
  if (end_.has_value()) {
    if (unanswered_ == 0 && answers_.empty()) EndWith(*end_);
  } else if (!reading_ && unanswered_ + answers_.size() < max_unanswered_ &&
             answers_bytes_ < kMaxAnswersBytes) {
    reading_ = true;
    StartRead(&message_);
  }
}

void AnswerStream::EndWith(grpc::Status status) {
  if (finished_) return;
  finished_ = true;
  // Nobody gets them. The front may be being written.
  while (answers_.size() > (writing_ ? 1 : 0)) {
    const std::size_t bytes = answers_.back().Length();
    unwritten_.Remove(entry_, bytes);
    answers_bytes_ -= bytes;
    answers_.pop_back();
  }
  Finish(std::move(status));
}

}  // namespace segrid::rpc
