#include "core/transform/anonymous_ids.h"

#include "core/codec/track.h"

namespace segrid::transform {

void AnonymousIds::Flush() {
  if (count_ == 0) return;
  // Of one, the other is hashed for nothing.
  std::array<crypto::Sha256::Digest, 2> digests;
  crypto::HashTwo(addresses_[0], addresses_[1], digests);
  for (std::size_t i = 0; i < count_; ++i) {
    crypto::WriteHex(digests[i], codec::Track::kHashHexBytes,
                     places_[i].output->begin() + places_[i].at);
  }
  count_ = 0;
}

}  // namespace segrid::transform
