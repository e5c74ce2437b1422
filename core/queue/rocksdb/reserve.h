// Disk space that is kept back, so that deliveries can be recorded when the
// disk is full.

#pragma once

#include <cstdint>
#include <string>

namespace segrid::queue::rocksdb {

// A file of real blocks. Not thread-safe.
class Reserve {
 public:
  Reserve(std::string path, std::int64_t bytes)
      : path_(std::move(path)), bytes_(bytes) {}

  // Takes the space unless it has it. False: there is not enough.
  bool Fill();
  // Gives the space up.
  void Release();
  bool filled() const { return filled_; }

 private:
  const std::string path_;
  const std::int64_t bytes_;
  bool filled_ = false;
};

}  // namespace segrid::queue::rocksdb
