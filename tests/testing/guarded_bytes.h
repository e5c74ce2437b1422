// Input whose neighbours must not be touched: a byte before or after it ends
// the process, also when a library without sanitizer reads it.

#pragma once

#include <cstddef>
#include <string_view>

namespace segrid::testing {

// Room for one input at a time between two pages that cannot be read. Views
// live until the next call. Not thread-safe.
class GuardedBytes {
 public:
  explicit GuardedBytes(std::size_t capacity);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  // A copy of `bytes`, at most `capacity` of them, that ends where reading
  // ends.
  std::string_view AtEnd(std::string_view bytes);
  // A copy of `bytes` that starts where reading starts.
  std::string_view AtStart(std::string_view bytes);

 private:
  std::size_t size_;  // Between the guards.
  char* begin_;
};

}  // namespace segrid::testing
