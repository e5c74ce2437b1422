// Objects that are costly to make, kept for the next user.

#pragma once

#include <atomic>
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

  // `max_free` is above 0.
  explicit FreeList(std::size_t max_free) : max_more_(max_free - 1) {
    more_.reserve(max_more_);
  }
  ~FreeList() { delete next_.load(); }
  FreeList(const FreeList&) = delete;
  FreeList& operator=(const FreeList&) = delete;

  Lent Borrow() {
    if (T* const object = next_.exchange(nullptr, std::memory_order_acquire)) {
      return Lent(object, GiveBack{this});
    }
    {
      absl::MutexLock lock(&mu_);
      if (!more_.empty()) {
        T* const object = more_.back().release();
        more_.pop_back();
        return Lent(object, GiveBack{this});
      }
    }
    return Lent(new T(), GiveBack{this});
  }

  // Frees those that are not lent.
  void Clear() {
    const std::unique_ptr<T> next(
        next_.exchange(nullptr, std::memory_order_acquire));
    std::vector<std::unique_ptr<T>> more;
    absl::MutexLock lock(&mu_);
    more.reserve(max_more_);
    more.swap(more_);
  }

 private:
  void Keep(T* object) {
    T* none = nullptr;
    if (next_.compare_exchange_strong(none, object,
                                      std::memory_order_release)) {
      return;
    }
    std::unique_ptr<T> owned(object);
    absl::MutexLock lock(&mu_);
    if (more_.size() < max_more_) more_.push_back(std::move(owned));
  }

  // The object that the next user gets; null: ask `more_`. One thread at a time
  // needs no lock, which would be a sixth of the transform of one event where
  // Abseil looks for deadlocks, as Debian's does.
  std::atomic<T*> next_ = nullptr;
  const std::size_t max_more_;
  absl::Mutex mu_;
  std::vector<std::unique_ptr<T>> more_ ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::pipeline
