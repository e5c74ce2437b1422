// The threads of the service's background work.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/thread_pool.hpp"
#include "core/pool/executor.h"

namespace segrid::pool {

// A fixed number of threads over Boost.Asio. Threads without work sleep.
//
// Ownership:     timers and sockets made on it must be destroyed before it.
//                Tasks that never ran are destroyed with it.
// Thread safety: as Executor; Stop() from one thread that is not of the pool.
class ThreadPool final : public Executor {
 public:
  // `threads`: 1 to 256.
  // INVALID_ARGUMENT/BAD_OPTION:      `threads` is out of range.
  // RESOURCE_EXHAUSTED/NO_THREADS:    the system gives no more threads.
  static absl::StatusOr<std::unique_ptr<ThreadPool>> Create(
      std::int32_t threads);

  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Post(std::function<void()> task) override;
  [[nodiscard]] std::unique_ptr<Timer> After(
      absl::Duration delay, std::function<void()> task) override;

  // For sockets.
  boost::asio::any_io_executor io() { return threads_.get_executor(); }

  // Waits for the tasks that run and begins no more, for good. Idempotent.
  void Stop();

 private:
  explicit ThreadPool(std::int32_t threads);

  boost::asio::thread_pool threads_;
};

}  // namespace segrid::pool
