#include "bench/queue/raw_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>

namespace segrid::bench {
namespace {

int Open(const std::string& path) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) std::abort();
  return file;
}

bool WriteAll(int file, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t written =
        write(file, bytes.data() + done, bytes.size() - done);
    if (written < 0) return false;
    done += static_cast<std::size_t>(written);
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
  std::unique_lock lock(mu_);
  waiting_.append(bytes);
  const std::uint64_t mine = generation_;
  work_.notify_one();
  durable_.wait(lock, [&] { return committed_ > mine; });
  return !failed_;
}

void RawLog::Commit() {
  std::string batch;
  std::unique_lock lock(mu_);
  while (true) {
    work_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    batch.swap(waiting_);
    const std::uint64_t generation = generation_++;
    lock.unlock();
    const bool ok = WriteAll(file_, batch);
    batch.clear();
    lock.lock();
    failed_ = failed_ || !ok;
    committed_ = generation + 1;
    durable_.notify_all();
  }
}

}  // namespace segrid::bench
