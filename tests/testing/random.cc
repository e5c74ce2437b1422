#include "tests/testing/random.h"

#include <cstdio>
#include <cstdlib>
#include <random>

namespace segrid::testing {

std::uint64_t Random::Bits() {
  std::uint64_t mixed = state_ += 0x9E3779B97F4A7C15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
  return mixed ^ (mixed >> 31);
}

std::uint64_t TestSeed() {
  const char* const given = std::getenv("SEGRID_TEST_SEED");
  const std::uint64_t seed = given != nullptr
                                 ? std::strtoull(given, nullptr, 10)
                                 : std::random_device()();
  std::printf("SEGRID_TEST_SEED=%llu repeats this run\n",
              static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  return seed;
}

void Mutate(Random& random, std::string& bytes) {
  for (std::size_t i = 1 + random.Below(3); i > 0 && !bytes.empty(); --i) {
    const std::size_t at = random.Below(bytes.size());
    const std::size_t run = 1 + random.Below(8);
    switch (random.Below(7)) {
      case 0:
        bytes[at] = static_cast<char>(bytes[at] ^ 1 << random.Below(8));
        break;
      case 1:
        bytes[at] = static_cast<char>(random.Below(256));
        break;
      case 2:
        bytes[at] = random.PickFrom(std::string_view("{}[]:,\"\\tfn0-+.eE \0"));
        break;
      case 3:
        bytes.resize(at);
        break;
      case 4:
        bytes.insert(at, bytes.substr(random.Below(bytes.size()), run));
        break;
      case 5:
        bytes.erase(at, run);
        break;
      default:
        bytes.insert(at, 1, static_cast<char>(random.Below(256)));
    }
  }
}

}  // namespace segrid::testing
