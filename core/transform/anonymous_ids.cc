#include "core/transform/anonymous_ids.h"

#include <span>

#include "core/codec/track.h"

namespace segrid::transform {

void AnonymousIds::Flush() {
  std::array<crypto::Sha256::Digest, crypto::kMaxHashes> digests;
  crypto::HashShortTexts(addresses_, std::span(digests).first(count_));
  for (std::size_t i = 0; i < count_; ++i) {
    crypto::WriteHex(digests[i], codec::Track::kHashHexBytes,
                     places_[i].output->begin() + places_[i].at);
  }
  count_ = 0;
}

}  // namespace segrid::transform
