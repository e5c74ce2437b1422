// SHA-256 for the hot path: the algorithm is fetched once and the context is
// used again, which is four times as fast as the one-call functions.

#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

struct evp_md_ctx_st;
struct evp_md_st;

namespace segrid::crypto {

// Hashes one message at a time. Thread safety: none; one user at a time.
// Errors: throws std::runtime_error from the constructor when OpenSSL has no
// SHA-256 (a broken installation); the rest cannot fail.
class Sha256 {
 public:
  static constexpr std::size_t kDigestBytes = 32;
  using Digest = std::array<std::uint8_t, kDigestBytes>;

  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

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
  struct FreeContext {
    void operator()(evp_md_ctx_st* context) const;
  };
  struct FreeAlgorithm {
    void operator()(evp_md_st* algorithm) const;
  };
  std::unique_ptr<evp_md_st, FreeAlgorithm> algorithm_;
  std::unique_ptr<evp_md_ctx_st, FreeContext> context_;
};

// Writes the first `digits` hex digits of `digest`, lower-case, and returns
// their end. `digits` is even and at most 64.
char* WriteHex(const Sha256::Digest& digest, std::size_t digits, char* out);

}  // namespace segrid::crypto
