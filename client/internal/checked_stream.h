// A Stream whose answers are compared with what was sent.

#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "client/internal/answer_check.h"
#include "client/stream.h"

namespace segrid::internal {

// Makes an answer that cannot be one to its batch an `error` answer. See Stream
// for the contract; keeps a few bytes for each batch without an answer.
template <typename Request, typename Response>
class CheckedStream final : public Stream<Request, Response> {
 public:
  explicit CheckedStream(std::unique_ptr<Stream<Request, Response>> inner)
      : inner_(std::move(inner)) {}

  bool Write(const Request& request) override {
    {
      // Before it is sent: its answer may come at once.
      const std::lock_guard lock(mutex_);
      sent_[request.request_id()].push_back(SentBy(request.request()));
    }
    return inner_->Write(request);
  }

  void WritesDone() override { inner_->WritesDone(); }

  std::optional<Response> Read() override {
    std::optional<Response> answer = inner_->Read();
    if (!answer) return answer;
    const std::optional<SentBatch> sent = Take(answer->request_id());
    if (!answer->has_response()) return answer;
    const std::optional<Error> wrong =
        CheckAnswer(sent.value_or(SentBatch{.events = 0}), answer->response());
    if (!wrong) return answer;
    rpc::v1::Status& error = *answer->mutable_error();
    error.set_code(static_cast<std::int32_t>(wrong->code));
    error.set_message(wrong->message);
    return answer;
  }

  std::optional<Error> Finish() override { return inner_->Finish(); }

 private:
  // The oldest batch of this name.
  std::optional<SentBatch> Take(const std::string& id) {
    const std::lock_guard lock(mutex_);
    const auto found = sent_.find(id);
    if (found == sent_.end()) return std::nullopt;
    const SentBatch sent = found->second.front();
    found->second.pop_front();
    if (found->second.empty()) sent_.erase(found);
    return sent;
  }

  const std::unique_ptr<Stream<Request, Response>> inner_;
  std::mutex mutex_;
  std::map<std::string, std::deque<SentBatch>> sent_;
};

}  // namespace segrid::internal
