// A disk that fails when the test says so.

#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"

namespace segrid::tests {

// Passes everything on to the real disk, but asks a hook before each operation
// that changes something. Thread safety: as the hook's.
class FaultDisk {
 public:
  enum class Op { kAppend, kHalfAppended, kSync, kCreate, kRename };
  struct Event {
    Op op;
    std::string file;  // Its path.
    std::size_t bytes = 0;
  };
  // An error: the operation fails with it and does nothing, except that an
  // append may write its first `*partial` bytes; then kHalfAppended follows.
  using Hook = std::function<rocksdb::IOStatus(const Event& event,
                                               std::size_t* partial)>;

  explicit FaultDisk(Hook hook);
  ~FaultDisk();

  rocksdb::Env* env() { return env_.get(); }
  // What the store is told about free space; -1: the truth.
  void set_free_space(std::int64_t bytes);

 private:
  class FileSystem;
  class File;

  std::shared_ptr<FileSystem> file_system_;
  std::unique_ptr<rocksdb::Env> env_;
};

// Which operations fail, counted from Arm() on. Thread-safe.
class FaultPlan {
 public:
  enum class Kind { kNoSpace, kIoError, kReadOnly };

  // From the `first`-th operation on, `count` operations fail; those that are
  // syncs only, if `only_syncs`.
  struct Rule {
    std::int64_t first = 1;
    std::int64_t count = 1;
    Kind kind = Kind::kIoError;
    bool only_syncs = false;
    bool half_appends = false;  // A failing append writes half of its bytes.
  };
  void Arm(const Rule& rule);
  void Heal() { armed_ = false; }

  // For FaultDisk.
  rocksdb::IOStatus Check(const FaultDisk::Event& event, std::size_t* partial);

  std::int64_t seen() const { return seen_; }
  std::int64_t failed() const { return failed_; }

 private:
  Rule rule_;
  std::atomic<bool> armed_ = false;
  std::atomic<std::int64_t> seen_ = 0;
  std::atomic<std::int64_t> failed_ = 0;
};

}  // namespace segrid::tests
