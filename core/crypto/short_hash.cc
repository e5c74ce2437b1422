#include "core/crypto/short_hash.h"

#include <cstring>
#include <string_view>

#include "core/base/cpu_features.h"
#include "core/crypto/hash_sixteen.h"
#include "core/crypto/sha256_constants.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace segrid::crypto {
namespace {

// Sixteen bytes at once, on any machine that the compiler knows.
using Bytes16 [[gnu::vector_size(16)]] = std::uint8_t;

struct Same {
  template <typename Bytes>
  Bytes operator()(Bytes bytes) const {
    return bytes;
  }
};

struct LowerCase {
  Bytes16 operator()(Bytes16 bytes) const {
    const auto capital = reinterpret_cast<Bytes16>(bytes - 'A' < 26);
    return bytes + (capital & 32);
  }
};

// The block of `text`. The last step overlaps the one before.
template <typename Change>
void Fill(std::string_view text, Change change, std::uint8_t* block) {
  std::memset(block, 0, 64);
  const auto copy = [change](const char* from, std::uint8_t* to) {
    Bytes16 bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    bytes = change(bytes);
    std::memcpy(to, &bytes, sizeof(bytes));
  };
  if (text.size() < sizeof(Bytes16)) {
    std::array<char, sizeof(Bytes16)> padded{};
    std::memcpy(padded.data(), text.data(), text.size());
    copy(padded.data(), block);
  } else {
    for (std::size_t at = 0; at + 16 < text.size(); at += 16) {
      copy(text.data() + at, block + at);
    }
    copy(text.data() + text.size() - 16, block + text.size() - 16);
  }
  block[text.size()] = 0x80;
  const std::size_t bits = 8 * text.size();
  block[62] = static_cast<std::uint8_t>(bits >> 8);
  block[63] = static_cast<std::uint8_t>(bits);
}

}  // namespace

void ShortText::Assign(std::string_view text) {
  Fill(text, Same(), bytes_.data());
}

void ShortText::AssignLowerCase(std::string_view text) {
  Fill(text, LowerCase(), bytes_.data());
}

void HashShortTexts(std::span<const ShortText> texts,
                    std::span<Sha256::Digest> digests) {
  static const base::CpuFeatures kCpu = base::GetCpuFeatures();
  // Sixteen take as long as some ten in pairs.
  if (kCpu.avx512 && digests.size() == kMaxHashes) {
    return HashSixteen(texts.first<kMaxHashes>(), digests.first<kMaxHashes>());
  }
  if (!kCpu.sha_ni) return HashPortably(texts, digests);
  std::array<Sha256::Digest, 2> pair;
  for (std::size_t i = 0; i < digests.size(); i += 2) {
    // When the number is odd, the last is hashed twice.
    const bool is_last = i + 1 == digests.size();
    HashTwoWithInstructions(texts[i], texts[is_last ? i : i + 1], pair);
    digests[i] = pair[0];
    if (!is_last) digests[i + 1] = pair[1];
  }
}

void HashPortably(std::span<const ShortText> texts,
                  std::span<Sha256::Digest> digests) {
  Sha256 sha256;
  for (std::size_t i = 0; i < digests.size(); ++i) {
    digests[i] = sha256.Hash(texts[i].view());
  }
}

#if defined(__x86_64__)

namespace {

// The first state in the order that the instructions want.
alignas(16) constexpr std::array<std::uint32_t, 4> kFirstAbef = {
    0x9b05688c, 0x510e527f, 0xbb67ae85, 0x6a09e667};
alignas(16) constexpr std::array<std::uint32_t, 4> kFirstCdgh = {
    0x5be0cd19, 0x1f83d9ab, 0xa54ff53a, 0x3c6ef372};

__m128i Load(const void* at) {
  return _mm_load_si128(static_cast<const __m128i*>(at));
}

// One of the two hashes.
struct Lane {
  __m128i abef;
  __m128i cdgh;
  __m128i words[4];
};

}  // namespace

// Four rounds a step, of both lanes.
[[gnu::target("sha,sse4.1,ssse3")]] void HashTwoWithInstructions(
    const ShortText& first, const ShortText& second,
    std::array<Sha256::Digest, 2>& digests) {
  const __m128i big_endian =
      _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const std::array<const std::uint8_t*, 2> blocks = {first.block(),
                                                     second.block()};
  std::array<Lane, 2> lanes;
  for (Lane& lane : lanes) {
    lane.abef = Load(kFirstAbef.data());
    lane.cdgh = Load(kFirstCdgh.data());
  }
#pragma GCC unroll 16
  for (std::size_t step = 0; step < 16; ++step) {
#pragma GCC unroll 2
    for (std::size_t i = 0; i < 2; ++i) {
      Lane& lane = lanes[i];
      __m128i& word = lane.words[step % 4];
      if (step < 4) {
        word = _mm_shuffle_epi8(Load(blocks[i] + 16 * step), big_endian);
      } else {
        const __m128i last = lane.words[(step + 3) % 4];
        const __m128i sum = _mm_add_epi32(
            _mm_sha256msg1_epu32(word, lane.words[(step + 1) % 4]),
            _mm_alignr_epi8(last, lane.words[(step + 2) % 4], 4));
        word = _mm_sha256msg2_epu32(sum, last);
      }
      const __m128i keyed = _mm_add_epi32(word, Load(&kSha256Rounds[4 * step]));
      lane.cdgh = _mm_sha256rnds2_epu32(lane.cdgh, lane.abef, keyed);
      lane.abef = _mm_sha256rnds2_epu32(lane.abef, lane.cdgh,
                                        _mm_shuffle_epi32(keyed, 0x0E));
    }
  }
  for (std::size_t i = 0; i < 2; ++i) {
    const __m128i abef = _mm_add_epi32(lanes[i].abef, Load(kFirstAbef.data()));
    const __m128i cdgh = _mm_add_epi32(lanes[i].cdgh, Load(kFirstCdgh.data()));
    const __m128i feba = _mm_shuffle_epi32(abef, 0x1B);
    const __m128i dchg = _mm_shuffle_epi32(cdgh, 0xB1);
    const __m128i abcd = _mm_blend_epi16(feba, dchg, 0xF0);
    const __m128i efgh = _mm_alignr_epi8(dchg, feba, 8);
    auto* const out = reinterpret_cast<__m128i*>(digests[i].data());
    _mm_storeu_si128(out, _mm_shuffle_epi8(abcd, big_endian));
    _mm_storeu_si128(out + 1, _mm_shuffle_epi8(efgh, big_endian));
  }
}

#else

void HashTwoWithInstructions(const ShortText& first, const ShortText& second,
                             std::array<Sha256::Digest, 2>& digests) {
  const std::array<ShortText, 2> texts = {first, second};
  HashPortably(texts, digests);
}

#endif

}  // namespace segrid::crypto
