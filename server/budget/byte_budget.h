// How many bytes of requests may be worked on at a time.

#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>

namespace segrid::budget {

// A bound that is asked before work starts: a request without room is refused
// at once, which costs next to nothing, instead of waiting in memory. A
// listener has a budget of its own, and all listeners together have one above
// theirs: the bytes of a listener count in both.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class ByteBudget {
 public:
  // Room that was taken; gives it back when it goes. Empty when moved from, or
  // when there was no room. Must not outlive the budget.
  class Share {
   public:
    Share() = default;
    Share(ByteBudget* budget, std::int64_t bytes)
        : budget_(budget), bytes_(bytes) {}
    ~Share() { GiveBack(); }
    Share(Share&& other) noexcept
        : budget_(std::exchange(other.budget_, nullptr)),
          bytes_(other.bytes_) {}
    Share& operator=(Share&& other) noexcept {
      GiveBack();
      budget_ = std::exchange(other.budget_, nullptr);
      bytes_ = other.bytes_;
      return *this;
    }

    // Takes or gives back the difference, whether there is room or not. Not for
    // an empty share.
    void Resize(std::int64_t bytes) {
      if (budget_ == nullptr) return;
      if (bytes > bytes_) budget_->AddAnyway(bytes - bytes_);
      if (bytes < bytes_) budget_->Remove(bytes_ - bytes);
      bytes_ = bytes;
    }

    explicit operator bool() const { return budget_ != nullptr; }

   private:
    void GiveBack() {
      if (budget_ != nullptr) budget_->Remove(bytes_);
      budget_ = nullptr;
    }

    ByteBudget* budget_ = nullptr;
    std::int64_t bytes_ = 0;
  };

  // `all` is the budget of all listeners; null: there is none.
  explicit ByteBudget(std::int64_t max_bytes,
                      std::shared_ptr<ByteBudget> all = nullptr)
      : max_bytes_(max_bytes), all_(std::move(all)) {}
  ByteBudget(const ByteBudget&) = delete;
  ByteBudget& operator=(const ByteBudget&) = delete;

  // Takes room for `bytes`; an empty share when there is too little. A single
  // request always has room, however large it is.
  [[nodiscard]] Share Take(std::int64_t bytes) {
    if (!Add(bytes)) return {};
    return {this, bytes};
  }

  // The same, for those who say themselves when they are done: Remove.
  [[nodiscard]] bool Add(std::int64_t bytes) { return Grow(0, bytes); }
  // The same for a request that has `own` bytes already and grows by `more`.
  [[nodiscard]] bool Grow(std::int64_t own, std::int64_t more) {
    const std::int64_t before = used_.fetch_add(more);
    const bool fits = before == own || before + more <= max_bytes_;
    if (fits && (all_ == nullptr || all_->Grow(own, more))) return true;
    used_.fetch_sub(more);
    return false;
  }
  // Takes room whether there is some or not: for what exists already.
  void AddAnyway(std::int64_t bytes) {
    used_.fetch_add(bytes);
    if (all_ != nullptr) all_->AddAnyway(bytes);
  }
  void Remove(std::int64_t bytes) {
    used_.fetch_sub(bytes);
    if (all_ != nullptr) all_->Remove(bytes);
  }

  // Whether `more` bytes would leave it, and the one above it, at most so full,
  // in eighths.
  bool WouldFit(std::int64_t more, std::int64_t eighths) const {
    return used_bytes() + more <= max_bytes_ / 8 * eighths &&
           (all_ == nullptr || all_->WouldFit(more, eighths));
  }

  std::int64_t used_bytes() const {
    return used_.load(std::memory_order_relaxed);
  }
  // Its own bound or that of the one above it, whichever is less.
  std::int64_t max_bytes() const {
    return all_ == nullptr ? max_bytes_
                           : std::min(max_bytes_, all_->max_bytes());
  }

 private:
  const std::int64_t max_bytes_;
  const std::shared_ptr<ByteBudget> all_;
  std::atomic<std::int64_t> used_{0};
};

}  // namespace segrid::budget
