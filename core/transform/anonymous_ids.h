// Anonymous ids that are put off: written into Tracks that are already encoded,
// because many hashes at once take less time than one by one.

#pragma once

#include <array>
#include <cstddef>

#include "core/codec/output.h"
#include "core/crypto/short_hash.h"

namespace segrid::transform {

// Keeps up to crypto::kMaxHashes addresses and the places of their ids. Thread
// safety: none; one user at a time.
class AnonymousIds {
 public:
  // Where the next address goes: see Transformer::Transform().
  crypto::ShortText& next() { return addresses_[count_]; }

  // The id of next() goes to `at`, an offset in the contents of `output`, which
  // must neither move nor lose that place before Flush().
  void Add(codec::OutputBuffer& output, std::size_t at) {
    places_[count_++] = {&output, at};
    if (count_ == places_.size()) Flush();
  }

  // Writes the ids that are still missing.
  void Flush();

  // Forgets them: their outputs are void.
  void Clear() { count_ = 0; }

 private:
  struct Place {
    codec::OutputBuffer* output;
    std::size_t at;
  };

  std::array<crypto::ShortText, crypto::kMaxHashes> addresses_;
  std::array<Place, crypto::kMaxHashes> places_{};
  std::size_t count_ = 0;
};

}  // namespace segrid::transform
