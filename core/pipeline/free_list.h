// Objects that are costly to make, kept for the next user.

#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::pipeline {

// Lends objects of type T, making new ones while none is free, and keeps up to
// `max_free` of those that come back. Thread safety: any thread, any time. Must
// outlive what it has lent.
template <typename T>
class FreeList {
 public:
  struct GiveBack {
    FreeList* list;
    void operator()(T* object) const { list->Keep(object); }
  };
  using Lent = std::unique_ptr<T, GiveBack>;

  explicit FreeList(std::size_t max_free) : max_free_(max_free) {
    free_.reserve(max_free);
  }

  Lent Borrow() {
    {
      absl::MutexLock lock(&mu_);
      if (!free_.empty()) {
        T* const object = free_.back().release();
        free_.pop_back();
        return Lent(object, GiveBack{this});
      }
    }
    return Lent(new T(), GiveBack{this});
  }

 private:
  void Keep(T* object) {
    std::unique_ptr<T> owned(object);
    absl::MutexLock lock(&mu_);
    if (free_.size() < max_free_) free_.push_back(std::move(owned));
  }

  const std::size_t max_free_;
  absl::Mutex mu_;
  std::vector<std::unique_ptr<T>> free_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::pipeline
