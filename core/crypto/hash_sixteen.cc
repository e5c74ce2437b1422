#include "core/crypto/hash_sixteen.h"

#include <cstring>
#include <utility>

#include "core/crypto/sha256_constants.h"

#if defined(__x86_64__)
#include <immintrin.h>

#define SEGRID_WIDE [[gnu::target("avx512f,avx512bw")]]

namespace segrid::crypto {
namespace {

// Not std::array: it would lose the attributes of the type.
struct Words {
  __m512i at[16];
};

SEGRID_WIDE inline __m512i Mix(__m512i a, __m512i b, __m512i c) {
  return _mm512_ternarylogic_epi32(a, b, c, 0x96);  // a ^ b ^ c
}

// From a row per text to a column per text: squares of 1, 2, 4 and 8 words are
// swapped in turn.
SEGRID_WIDE inline Words Transposed(const Words& rows) {
  Words pairs;
  Words quads;
  Words columns;
#pragma GCC unroll 8
  for (int i = 0; i < 16; i += 2) {
    pairs.at[i] = _mm512_unpacklo_epi32(rows.at[i], rows.at[i + 1]);
    pairs.at[i + 1] = _mm512_unpackhi_epi32(rows.at[i], rows.at[i + 1]);
  }
#pragma GCC unroll 4
  for (int i = 0; i < 16; i += 4) {
    quads.at[i] = _mm512_unpacklo_epi64(pairs.at[i], pairs.at[i + 2]);
    quads.at[i + 1] = _mm512_unpackhi_epi64(pairs.at[i], pairs.at[i + 2]);
    quads.at[i + 2] = _mm512_unpacklo_epi64(pairs.at[i + 1], pairs.at[i + 3]);
    quads.at[i + 3] = _mm512_unpackhi_epi64(pairs.at[i + 1], pairs.at[i + 3]);
  }
  // Selects quarters of a vector: 0x88 takes the even ones, 0xDD the odd.
#pragma GCC unroll 4
  for (int i = 0; i < 4; ++i) {
    const __m512i a = quads.at[i];
    const __m512i b = quads.at[i + 4];
    const __m512i c = quads.at[i + 8];
    const __m512i d = quads.at[i + 12];
    const __m512i even_ab = _mm512_shuffle_i32x4(a, b, 0x88);
    const __m512i even_cd = _mm512_shuffle_i32x4(c, d, 0x88);
    const __m512i odd_ab = _mm512_shuffle_i32x4(a, b, 0xDD);
    const __m512i odd_cd = _mm512_shuffle_i32x4(c, d, 0xDD);
    columns.at[i] = _mm512_shuffle_i32x4(even_ab, even_cd, 0x88);
    columns.at[i + 4] = _mm512_shuffle_i32x4(odd_ab, odd_cd, 0x88);
    columns.at[i + 8] = _mm512_shuffle_i32x4(even_ab, even_cd, 0xDD);
    columns.at[i + 12] = _mm512_shuffle_i32x4(odd_ab, odd_cd, 0xDD);
  }
  return columns;
}

SEGRID_WIDE inline __m512i SwappedBytes(__m512i words) {
  const __m512i order = _mm512_broadcast_i32x4(
      _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
  return _mm512_shuffle_epi8(words, order);
}

// The words for the next sixteen rounds.
SEGRID_WIDE inline void Extend(Words& words) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const __m512i w1 = words.at[(i + 1) % 16];
    const __m512i w14 = words.at[(i + 14) % 16];
    const __m512i sigma0 =
        Mix(_mm512_ror_epi32(w1, 7), _mm512_ror_epi32(w1, 18),
            _mm512_srli_epi32(w1, 3));
    const __m512i sigma1 =
        Mix(_mm512_ror_epi32(w14, 17), _mm512_ror_epi32(w14, 19),
            _mm512_srli_epi32(w14, 10));
    words.at[i] =
        _mm512_add_epi32(_mm512_add_epi32(words.at[i], words.at[(i + 9) % 16]),
                         _mm512_add_epi32(sigma0, sigma1));
  }
}

// Sixteen rounds. The names of the state change places, not the state.
SEGRID_WIDE inline void Compress(const Words& words,
                                 const std::uint32_t* constants,
                                 __m512i (&state)[8]) {
#pragma GCC unroll 16
  for (int i = 0; i < 16; ++i) {
    const auto named = [&state, i](int name) -> __m512i& {
      return state[(name - i + 16) % 8];
    };
    const __m512i a = named(0);
    const __m512i e = named(4);
    const __m512i sum1 = Mix(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11),
                             _mm512_ror_epi32(e, 25));
    // e ? f : g, and what most of a, b and c are.
    const __m512i choice =
        _mm512_ternarylogic_epi32(e, named(5), named(6), 0xCA);
    const __m512i majority =
        _mm512_ternarylogic_epi32(a, named(1), named(2), 0xE8);
    const __m512i sum0 = Mix(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13),
                             _mm512_ror_epi32(a, 22));
    const __m512i keyed = _mm512_add_epi32(
        words.at[i], _mm512_set1_epi32(static_cast<int>(constants[i])));
    const __m512i first = _mm512_add_epi32(_mm512_add_epi32(named(7), keyed),
                                           _mm512_add_epi32(sum1, choice));
    named(3) = _mm512_add_epi32(named(3), first);
    named(7) = _mm512_add_epi32(first, _mm512_add_epi32(sum0, majority));
  }
}

}  // namespace

SEGRID_WIDE void HashSixteen(std::span<const ShortText, kMaxHashes> texts,
                             std::span<Sha256::Digest, kMaxHashes> digests) {
  Words words;
  for (std::size_t i = 0; i < kMaxHashes; ++i) {
    words.at[i] = SwappedBytes(_mm512_loadu_si512(texts[i].block()));
  }
  words = Transposed(words);
  __m512i state[8];
  for (std::size_t i = 0; i < 8; ++i) {
    state[i] = _mm512_set1_epi32(static_cast<int>(kSha256Start[i]));
  }
  Compress(words, &kSha256Rounds[0], state);
  for (std::size_t from = 16; from < 64; from += 16) {
    Extend(words);
    Compress(words, &kSha256Rounds[from], state);
  }
  // A row per text again; the upper half of a row is not used.
  Words rows;
  for (std::size_t i = 0; i < 8; ++i) {
    rows.at[i] = _mm512_add_epi32(
        state[i], _mm512_set1_epi32(static_cast<int>(kSha256Start[i])));
    rows.at[i + 8] = rows.at[i];
  }
  rows = Transposed(rows);
  for (std::size_t i = 0; i < kMaxHashes; ++i) {
    const __m256i digest = _mm512_castsi512_si256(SwappedBytes(rows.at[i]));
    std::memcpy(digests[i].data(), &digest, sizeof(digest));
  }
}

}  // namespace segrid::crypto

#undef SEGRID_WIDE

#else

namespace segrid::crypto {

void HashSixteen(std::span<const ShortText, kMaxHashes> texts,
                 std::span<Sha256::Digest, kMaxHashes> digests) {
  HashPortably(texts, digests);
}

}  // namespace segrid::crypto

#endif
