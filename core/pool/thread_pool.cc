#include "core/pool/thread_pool.h"

#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "core/base/error_info.h"
#include "core/base/thread_name.h"

namespace segrid::pool {
namespace {

constexpr std::int32_t kMaxThreads = 256;

// Cancels by destruction of the member.
struct SteadyTimer final : Timer {
  explicit SteadyTimer(boost::asio::io_context& context) : timer(context) {}
  boost::asio::steady_timer timer;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ThreadPool>> ThreadPool::Create(
    std::int32_t threads, const std::string& name) {
  if (threads < 1 || threads > kMaxThreads) {
    return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_OPTION",
                           absl::StrCat("a thread pool has 1 to ", kMaxThreads,
                                        " threads, not ", threads));
  }
  std::unique_ptr<ThreadPool> pool(new ThreadPool(threads));
  try {
    pool->Start(threads, name);
    return pool;
  } catch (const std::system_error& error) {
    return base::MakeError(
        absl::StatusCode::kResourceExhausted, "NO_THREADS",
        absl::StrCat("cannot start ", threads, " threads (", error.what(),
                     "): raise the limit of tasks of this service"));
  }
}

void ThreadPool::Start(std::int32_t threads, const std::string& name) {
  for (std::int32_t i = 0; i < threads; ++i) {
    threads_.emplace_back([this, name] {
      base::NameThread(name);
      context_.run();
    });
  }
}

ThreadPool::~ThreadPool() { Stop(); }

void ThreadPool::Post(std::function<void()> task) {
  boost::asio::post(context_, std::move(task));
}

std::unique_ptr<Timer> ThreadPool::After(absl::Duration delay,
                                         std::function<void()> task) {
  auto timer = std::make_unique<SteadyTimer>(context_);
  timer->timer.expires_after(absl::ToChronoNanoseconds(delay));
  timer->timer.async_wait(
      [task = std::move(task)](const boost::system::error_code& cancelled) {
        if (!cancelled) task();
      });
  return timer;
}

void ThreadPool::Stop() {
  context_.stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace segrid::pool
