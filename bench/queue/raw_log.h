// The least that durable appends can cost: an append-only file.

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace segrid::bench {

// One thread writes what all callers have handed in since the last time with
// one write, and syncs it with fdatasync before any of them gets its answer. No
// index, no checksums, no deduplication, nothing is ever read.
//
// Thread safety: any thread. Blocking: Append blocks until its bytes are
// durable.
class RawLog {
 public:
  // Aborts when the file cannot be made: a bench has nothing else to do.
  explicit RawLog(const std::string& path);
  ~RawLog();
  RawLog(const RawLog&) = delete;
  RawLog& operator=(const RawLog&) = delete;

  // False when the disk refused.
  bool Append(std::string_view bytes);

 private:
  void Commit();

  const int file_;
  std::mutex mu_;  // Guards the next four.
  std::condition_variable work_;
  std::vector<std::string_view> waiting_;  // In memory of callers that wait.
  std::uint64_t generation_ = 0;           // Of what is in `waiting_`.
  bool stopping_ = false;
  // Generations below it are durable. Callers wait for it without the mutex:
  // all of them wake at once.
  std::atomic<std::uint64_t> committed_ = 0;
  std::atomic<bool> failed_ = false;
  std::thread thread_;
};

}  // namespace segrid::bench
