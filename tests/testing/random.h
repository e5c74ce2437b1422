// Random numbers for tests that compare two implementations: one seed, printed,
// makes the same run again.

#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace segrid::testing {

// A small generator (splitmix64). Not thread-safe.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Bits();
  // A number from 0 to `bound` - 1. `bound` is at least 1.
  std::size_t Below(std::size_t bound) {
    return static_cast<std::size_t>(Bits() % bound);
  }
  // True once in `n` times.
  bool OneIn(std::size_t n) { return Below(n) == 0; }

  template <typename T>
  const T& Pick(std::initializer_list<T> choices) {
    return choices.begin()[Below(choices.size())];
  }
  template <typename Container>
  const auto& PickFrom(const Container& choices) {
    return choices[Below(choices.size())];
  }

 private:
  std::uint64_t state_;
};

// The value of SEGRID_TEST_SEED, else a new one each time; prints it.
std::uint64_t TestSeed();

// Changes a few bytes: flips bits, cuts, inserts, repeats, removes.
void Mutate(Random& random, std::string& bytes);

}  // namespace segrid::testing
