// The parts of an open store, and the calls that wait for them.

#pragma once

#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "core/queue/rocksdb/calls.h"
#include "core/queue/rocksdb/rocks_queue.h"
#include "core/queue/rocksdb/shared.h"
#include "core/queue/rocksdb/taker.h"
#include "core/queue/rocksdb/writer.h"

namespace segrid::queue::rocksdb {

class RocksQueue::State {
 public:
  State(RocksOptions options, base::Clock& clock)
      : shared(std::move(options), clock) {}

  // Call once, when shared is filled.
  void Start() {
    writer = std::make_unique<Writer>(shared);
    taker = std::make_unique<Taker>(shared);
  }

  // Posts a call whose answer is a number, and waits for that.
  template <class CountCall>
  absl::StatusOr<std::int64_t> Wait(const DeadLetterFilter& filter) {
    absl::StatusOr<std::int64_t> answer;
    absl::Notification done;
    Call call = CountCall{.filter = filter,
                          .done = [&](absl::StatusOr<std::int64_t> count) {
                            answer = std::move(count);
                            done.Notify();
                          }};
    writer->Post(call);
    done.WaitForNotification();
    return answer;
  }

  Shared shared;
  std::unique_ptr<Writer> writer;
  std::unique_ptr<Taker> taker;
};

}  // namespace segrid::queue::rocksdb
