#include "core/pool/thread_pool.h"

#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/system/system_error.hpp"
#include "core/base/error_info.h"

namespace segrid::pool {
namespace {

constexpr std::int32_t kMaxThreads = 256;

// Cancels by destruction of the member.
struct SteadyTimer final : Timer {
  explicit SteadyTimer(boost::asio::thread_pool& threads) : timer(threads) {}
  boost::asio::steady_timer timer;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ThreadPool>> ThreadPool::Create(
    std::int32_t threads) {
  if (threads < 1 || threads > kMaxThreads) {
    return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_OPTION",
                           absl::StrCat("a thread pool has 1 to ", kMaxThreads,
                                        " threads, not ", threads));
  }
  try {
    return std::unique_ptr<ThreadPool>(new ThreadPool(threads));
  } catch (const boost::system::system_error& error) {
    return base::MakeError(
        absl::StatusCode::kResourceExhausted, "NO_THREADS",
        absl::StrCat("cannot start ", threads, " threads (", error.what(),
                     "): raise the limit of tasks of this service"));
  }
}

ThreadPool::ThreadPool(std::int32_t threads)
    : threads_(static_cast<std::size_t>(threads)) {}

ThreadPool::~ThreadPool() { Stop(); }

void ThreadPool::Post(std::function<void()> task) {
  boost::asio::post(threads_, std::move(task));
}

std::unique_ptr<Timer> ThreadPool::After(absl::Duration delay,
                                         std::function<void()> task) {
  auto timer = std::make_unique<SteadyTimer>(threads_);
  timer->timer.expires_after(absl::ToChronoNanoseconds(delay));
  timer->timer.async_wait(
      [task = std::move(task)](const boost::system::error_code& cancelled) {
        if (!cancelled) task();
      });
  return timer;
}

void ThreadPool::Stop() {
  threads_.stop();
  threads_.join();
}

}  // namespace segrid::pool
