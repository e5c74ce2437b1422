#include "bench/micro/frame_file.h"

#include <lz4.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace segrid::bench {
namespace {

constexpr int kAcceleration = 8;  // As the queue.

int OpenTemporary() {
  std::string path = "/tmp/segrid-bench-frames-XXXXXX";
  const int file = ::mkstemp(path.data());
  if (file < 0 || ::unlink(path.c_str()) != 0) std::abort();
  return file;
}

}  // namespace

FrameFile::FrameFile(const std::vector<std::string>& pieces)
    : file_(OpenTemporary()) {
  std::string room;
  for (const std::string& piece : pieces) {
    const int size = static_cast<int>(piece.size());
    const int bound = LZ4_compressBound(size);
    room.resize(static_cast<std::size_t>(bound));
    const int stored = LZ4_compress_fast(piece.data(), room.data(), size, bound,
                                         kAcceleration);
    if (stored <= 0 || ::write(file_, room.data(),
                               static_cast<std::size_t>(stored)) != stored) {
      std::abort();
    }
    frames_.push_back({static_cast<std::size_t>(stored), piece.size()});
    stored_.resize(std::max(stored_.size(), frames_.back().stored_bytes));
    piece_.resize(std::max(piece_.size(), piece.size()));
  }
}

FrameFile::~FrameFile() { ::close(file_); }

bool FrameFile::ReadAll() {
  off_t at = 0;
  for (const Frame& frame : frames_) {
    const auto size = static_cast<ssize_t>(frame.stored_bytes);
    if (::pread(file_, stored_.data(), frame.stored_bytes, at) != size) {
      return false;
    }
    at += size;
    const int bytes = static_cast<int>(frame.bytes);
    if (LZ4_decompress_safe(stored_.data(), piece_.data(),
                            static_cast<int>(frame.stored_bytes),
                            bytes) != bytes) {
      return false;
    }
  }
  return true;
}

}  // namespace segrid::bench
