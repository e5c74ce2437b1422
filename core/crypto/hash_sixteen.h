// Sixteen hashes at once: word i of each vector belongs to text i, and the
// rounds of SHA-256 (FIPS 180-4, 6.2.2) are written as for one.

#pragma once

#include <span>

#include "core/crypto/sha256.h"
#include "core/crypto/short_hash.h"

namespace segrid::crypto {

// With vectors of 512 bits; only where
// base::GetCpuFeatures() has `avx512`.
void HashSixteen(std::span<const ShortText, kMaxHashes> texts,
                 std::span<Sha256::Digest, kMaxHashes> digests);

}  // namespace segrid::crypto
