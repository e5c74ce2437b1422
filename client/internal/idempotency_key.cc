#include "client/internal/idempotency_key.h"

#include <cstdint>
#include <random>
#include <utility>

namespace segrid::internal {

std::string RandomKey() {
  constexpr char kDigits[] = "0123456789abcdef";
  // Seeded once per thread: the system's random device costs a call each time.
  thread_local std::mt19937_64 generator = [] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }();
  std::string key;
  key.reserve(32);
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = generator();
    for (int i = 0; i < 16; ++i, bits >>= 4) key.push_back(kDigits[bits & 15]);
  }
  return key;
}

CallOptions WithIdempotencyKey(CallOptions options) {
  if (options.idempotency_key.empty()) options.idempotency_key = RandomKey();
  return options;
}

CallOptions WithKeyOfPart(CallOptions options, int index) {
  options.idempotency_key.append("/").append(std::to_string(index));
  return options;
}

}  // namespace segrid::internal
