// Comparing secrets without telling how much of them was right.

#pragma once

#include <cstddef>
#include <cstdint>

#include "core/crypto/sha256.h"

namespace segrid::crypto {

// a == b, in a time that does not depend on where they differ.
inline bool EqualInConstantTime(const Sha256::Digest& a,
                                const Sha256::Digest& b) {
  std::uint8_t difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference = static_cast<std::uint8_t>(difference | (a[i] ^ b[i]));
  }
  // Read and written as volatile, so that no compiler may leave early.
  const volatile std::uint8_t result = difference;
  return result == 0;
}

}  // namespace segrid::crypto
