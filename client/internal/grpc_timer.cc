#include "client/internal/grpc_timer.h"

#include <grpcpp/alarm.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include "client/internal/callback_scope.h"

namespace segrid::internal {

Timer::TimePoint GrpcTimer::Now() { return std::chrono::steady_clock::now(); }

void GrpcTimer::Wait(std::chrono::nanoseconds delay,
                     const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any nobody_notifies;
  std::unique_lock lock(mutex);
  nobody_notifies.wait_for(lock, stop, delay, [] { return false; });
}

void GrpcTimer::After(std::chrono::nanoseconds delay,
                      std::function<void()> then) {
  const auto alarm = std::make_shared<grpc::Alarm>();
  const auto when =
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(delay);
  // The alarm keeps itself until it has rung.
  alarm->Set(when, [alarm, then = std::move(then)](bool) mutable {
    const CallbackScope scope;
    const auto last = std::move(then);  // What it holds ends in the scope.
    last();
  });
}

}  // namespace segrid::internal
