#include "server/logging/counted_lines.h"

#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::logging {

class CountedLines::State : public std::enable_shared_from_this<State> {
 public:
  using Key = std::pair<std::string, std::string>;

  State(pool::Executor& executor, absl::Duration window, Write write)
      : executor_(executor), window_(window), write_(std::move(write)) {}

  void Add(Key key, std::int64_t count, std::string_view detail) {
    {
      absl::MutexLock lock(&mu_);
      const auto [open, is_new] = windows_.try_emplace(key);
      if (!is_new) {
        open->second.count += count;
        open->second.detail = detail;
        return;
      }
      open->second.timer = After(key);
    }
    write_({key.first, key.second, count, std::string(detail)});
  }

  void WriteRest() {
    std::map<Key, Window> rest;
    {
      absl::MutexLock lock(&mu_);
      rest.swap(windows_);
    }
    for (const auto& [key, window] : rest) {
      if (window.count == 0) continue;
      write_({key.first, key.second, window.count, window.detail});
    }
  }

 private:
  struct Window {
    std::int64_t count = 0;  // Not yet written.
    std::string detail{};
    std::unique_ptr<pool::Timer> timer{};
  };

  std::unique_ptr<pool::Timer> After(const Key& key) {
    return executor_.After(window_, [weak = weak_from_this(), key] {
      if (const auto self = weak.lock()) self->OnEnd(key);
    });
  }

  void OnEnd(const Key& key) {
    CountedLine line{.who = key.first, .reason = key.second};
    std::unique_ptr<pool::Timer> ended;
    {
      absl::MutexLock lock(&mu_);
      const auto open = windows_.find(key);
      if (open == windows_.end()) return;
      ended = std::move(open->second.timer);
      line.count = std::exchange(open->second.count, 0);
      line.detail = open->second.detail;
      if (line.count == 0) {
        windows_.erase(open);
      } else {
        open->second.timer = After(key);
      }
    }
    if (line.count > 0) write_(line);
  }

  pool::Executor& executor_;
  const absl::Duration window_;
  const Write write_;
  absl::Mutex mu_;
  std::map<Key, Window> windows_ ABSL_GUARDED_BY(mu_);
};

CountedLines::CountedLines(pool::Executor& executor, absl::Duration window,
                           Write write)
    : state_(std::make_shared<State>(executor, window, std::move(write))) {}

CountedLines::~CountedLines() { state_->WriteRest(); }

void CountedLines::Add(std::string_view who, std::string_view reason,
                       std::int64_t count, std::string_view detail) {
  state_->Add({std::string(who), std::string(reason)}, count, detail);
}

}  // namespace segrid::logging
