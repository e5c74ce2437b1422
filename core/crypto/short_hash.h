// SHA-256 of short texts, several at a time: the instructions of one hash wait
// for each other, so two take hardly longer than one; and sixteen fit into the
// widest registers.

#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/crypto/sha256.h"

namespace segrid::crypto {

// A text of at most kMaxBytes with SHA-256's padding: one block.
class ShortText {
 public:
  static constexpr std::size_t kMaxBytes = 55;

  // The text, at most kMaxBytes.
  void Assign(std::string_view text);
  // The text with its ASCII letters in lower case.
  void AssignLowerCase(std::string_view text);

  const std::uint8_t* block() const { return bytes_.data(); }
  std::string_view view() const {
    const std::size_t bits = std::size_t{bytes_[62]} << 8 | bytes_[63];
    return {reinterpret_cast<const char*>(bytes_.data()), bits / 8};
  }

 private:
  alignas(16) std::array<std::uint8_t, 64> bytes_{};
};

// The largest number of texts that HashShortTexts takes at once.
inline constexpr std::size_t kMaxHashes = 16;

// Hashes up to kMaxHashes texts, as many as there are digests, by whichever of
// these functions and HashSixteen is fastest here; cannot fail. Thread safety:
// all are functions of their arguments.
void HashShortTexts(std::span<const ShortText> texts,
                    std::span<Sha256::Digest> digests);

// With OpenSSL's portable interface.
void HashPortably(std::span<const ShortText> texts,
                  std::span<Sha256::Digest> digests);

// With the processor's SHA instructions; only where
// base::GetCpuFeatures() has `sha_ni`.
void HashTwoWithInstructions(const ShortText& first, const ShortText& second,
                             std::array<Sha256::Digest, 2>& digests);

}  // namespace segrid::crypto
