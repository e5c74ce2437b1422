#include "bench/store/raw_log.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace segrid::bench::store {

RawLog::RawLog(const std::string& path)
    : file_(
          ::open(path.c_str(), O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0644)),
      thread_([this] { Run(); }) {}

RawLog::~RawLog() {
  {
    absl::MutexLock lock(&mu_);
    stopping_ = true;
    more_.Signal();
  }
  thread_.join();
  ::close(file_);
}

void RawLog::Append(std::string_view bytes) {
  absl::MutexLock lock(&mu_);
  waiting_.push_back(bytes);
  const std::int64_t mine = ++posted_;
  if (waiting_.size() == 1) more_.Signal();
  while (synced_ < mine) done_.Wait(&mu_);
}

void RawLog::Run() {
  std::vector<std::string_view> batch;
  std::vector<iovec> parts;
  while (true) {
    {
      absl::MutexLock lock(&mu_);
      while (waiting_.empty() && !stopping_) more_.Wait(&mu_);
      if (waiting_.empty()) return;
      batch.swap(waiting_);
    }
    parts.clear();
    for (const std::string_view bytes : batch) {
      parts.push_back({const_cast<char*>(bytes.data()), bytes.size()});
    }
    for (std::size_t i = 0; i < parts.size(); i += IOV_MAX) {
      const std::size_t count =
          std::min<std::size_t>(IOV_MAX, parts.size() - i);
      if (::writev(file_, &parts[i], static_cast<int>(count)) < 0) std::abort();
    }
    if (::fdatasync(file_) != 0) std::abort();
    absl::MutexLock lock(&mu_);
    synced_ += static_cast<std::int64_t>(batch.size());
    batch.clear();
    done_.SignalAll();
  }
}

}  // namespace segrid::bench::store
