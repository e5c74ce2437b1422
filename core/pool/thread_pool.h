// Threads that run tasks and wait for sockets.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "core/pool/executor.h"

namespace segrid::pool {

// A fixed number of threads over Boost.Asio. Threads without work sleep.
//
// Ownership:     timers and sockets made on it must be destroyed before it.
//                Tasks that never ran are destroyed with it.
// Thread safety: as Executor; Stop() from one thread that is not of the pool.
class ThreadPool final : public Executor {
 public:
  // `threads`: 1 to 256. `name` is theirs, see base::NameThread.
  // INVALID_ARGUMENT/BAD_OPTION:      `threads` is out of range.
  // RESOURCE_EXHAUSTED/NO_THREADS:    the system gives no more threads.
  static absl::StatusOr<std::unique_ptr<ThreadPool>> Create(
      std::int32_t threads, const std::string& name = "pool");

  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  void Post(std::function<void()> task) override;
  [[nodiscard]] std::unique_ptr<Timer> After(
      absl::Duration delay, std::function<void()> task) override;

  // For sockets.
  boost::asio::any_io_executor io() { return context_.get_executor(); }

  // Waits for the tasks that run and begins no more, for good. Idempotent.
  void Stop();

 private:
  explicit ThreadPool(std::int32_t threads) : context_(threads) {}
  void Start(std::int32_t threads, const std::string& name);

  boost::asio::io_context context_;
  // Without it the threads would end when there is nothing to do.
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
      work_{context_.get_executor()};
  std::vector<std::thread> threads_;
};

}  // namespace segrid::pool
