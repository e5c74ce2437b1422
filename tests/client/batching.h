// What the tests of the BatchingForwarder share.

#pragma once

#include <gtest/gtest.h>

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "client/batching_forwarder.h"
#include "client/testing/server_answers.h"

namespace segrid::tests {

inline v1::SendGridEvent Open(const std::string& id = "id") {
  v1::SendGridEvent event;
  event.set_event("open");
  event.set_email("ada@example.com");
  event.set_timestamp(1591726752);
  event.set_sg_event_id(id);
  return event;
}

// Answers when the test lets it, and says how much is under way.
class GatedConnection final : public Connection {
 public:
  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options) override {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    const bool opened =
        gate_.wait(lock, options.stop, [this] { return open_; });
    if (!opened) {
      Error error;
      error.code = ErrorCode::kCancelled;
      error.reason = "STOPPED";
      return error;
    }
    return testing::AnswerForward(request);
  }
  void Open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    gate_.notify_all();
  }
  void WaitForCalls(int count) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return waiting_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable_any gate_;
  std::condition_variable_any changed_;
  int waiting_ = 0;
  bool open_ = false;
};

// Outcomes by id.
struct Outcomes {
  std::mutex mutex;
  std::map<std::uint64_t, EventOutcome::Kind> kinds;
  std::map<std::uint64_t, std::string> errors;

  std::function<void(const EventOutcome&)> Collector() {
    return [this](const EventOutcome& outcome) {
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(kinds.emplace(outcome.id, outcome.kind).second)
          << "a second outcome of " << outcome.id;
      if (outcome.error) errors[outcome.id] = outcome.error->reason;
    };
  }
};

}  // namespace segrid::tests
