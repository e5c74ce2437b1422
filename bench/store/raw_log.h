// The yardstick: an append-only file with group commit by fdatasync, and
// nothing else. What no store can beat.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::bench::store {

// Thread safety: Append from any thread; it blocks until the bytes are synced.
class RawLog {
 public:
  explicit RawLog(const std::string& path);
  ~RawLog();
  RawLog(const RawLog&) = delete;
  RawLog& operator=(const RawLog&) = delete;

  void Append(std::string_view bytes);

 private:
  void Run();

  const int file_;
  absl::Mutex mu_;
  std::vector<std::string_view> waiting_ ABSL_GUARDED_BY(mu_);
  std::int64_t posted_ ABSL_GUARDED_BY(mu_) = 0;
  std::int64_t synced_ ABSL_GUARDED_BY(mu_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  absl::CondVar more_;
  absl::CondVar done_;
  std::thread thread_;
};

}  // namespace segrid::bench::store
