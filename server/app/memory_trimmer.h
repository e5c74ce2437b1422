// Gives memory back to the system after a peak.

#pragma once

#include <cstdint>
#include <functional>
#include <utility>

#include "absl/time/time.h"

namespace segrid::app {

// Decides when to trim, by what is resident: malloc keeps what was freed, and
// counting what is free would cost as much as giving it back.
//
// A value. Thread safety: none. Blocking: see `trim`.
class MemoryTrimmer {
 public:
  struct Deps {
    std::function<std::int64_t()> resident_bytes{};
    // Gives back what is free; may take some 100 ms after a large peak.
    std::function<void()> trim{};
  };

  // Make it before there is load: what is resident then is what it compares
  // with.
  explicit MemoryTrimmer(Deps deps)
      : deps_(std::move(deps)), least_bytes_(deps_.resident_bytes()) {}

  // Trims when much more is resident than after the best of the trims before,
  // or at the start: at most every 5 s, and, while trimming gives little back
  // because the memory is in use, every 30 s. Call about once a second, with a
  // clock that does not jump.
  void TrimIfDue(absl::Duration now);

 private:
  const Deps deps_;
  std::int64_t least_bytes_;
  absl::Duration next_ = -absl::InfiniteDuration();
  absl::Duration wait_{};
};

// Reads VmRSS of this process, and calls base::GiveBackFreeMemory().
// `drop_spare` runs before each trim: it frees what is kept for speed alone.
MemoryTrimmer::Deps ProcessMemory(std::function<void()> drop_spare = [] {});

}  // namespace segrid::app
