#include "bench/queue/raw_log.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace segrid::bench {
namespace {

constexpr std::size_t kMaxPieces = 1024;  // IOV_MAX of Linux.

int Open(const std::string& path) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) std::abort();
  return file;
}

// A short write is a full disk: that is a failure, too.
bool WriteAll(int file, const std::vector<std::string_view>& pieces) {
  for (std::size_t first = 0; first < pieces.size(); first += kMaxPieces) {
    const std::size_t count = std::min(kMaxPieces, pieces.size() - first);
    std::vector<iovec> parts;
    std::size_t bytes = 0;
    for (std::size_t i = first; i < first + count; ++i) {
      parts.push_back({const_cast<char*>(pieces[i].data()), pieces[i].size()});
      bytes += pieces[i].size();
    }
    const ssize_t written =
        writev(file, parts.data(), static_cast<int>(parts.size()));
    if (written < 0 || static_cast<std::size_t>(written) != bytes) return false;
  }
  return fdatasync(file) == 0;
}

}  // namespace

RawLog::RawLog(const std::string& path)
    : file_(Open(path)), thread_([this] { Commit(); }) {}

RawLog::~RawLog() {
  {
    const std::lock_guard lock(mu_);
    stopping_ = true;
  }
  work_.notify_one();
  thread_.join();
  close(file_);
}

bool RawLog::Append(std::string_view bytes) {
  std::uint64_t mine = 0;
  {
    const std::lock_guard lock(mu_);
    waiting_.push_back(bytes);
    mine = generation_;
    if (waiting_.size() == 1) work_.notify_one();
  }
  for (std::uint64_t seen = committed_.load(); seen <= mine;
       seen = committed_.load()) {
    committed_.wait(seen);
  }
  return !failed_.load();
}

void RawLog::Commit() {
  std::vector<std::string_view> batch;
  std::unique_lock lock(mu_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    batch.swap(waiting_);
    const std::uint64_t generation = generation_++;
    lock.unlock();
    if (!WriteAll(file_, batch)) failed_.store(true);
    batch.clear();
    committed_.store(generation + 1);
    committed_.notify_all();
    lock.lock();
  }
}

}  // namespace segrid::bench
