// Who it was (anonymousId) and which message it is (messageId).

#pragma once

#include <string_view>

#include "core/codec/event.h"
#include "core/codec/track.h"
#include "core/crypto/sha256.h"
#include "core/crypto/short_hash.h"
#include "core/transform/convert.h"

namespace segrid::transform {

// Writes the lower-case hex SHA-256 of the address to the Track. With
// `normalize`, ASCII white space around it is trimmed and ASCII letters are
// lower-cased first (mapping.md, 3.1).
void WriteAnonymousId(std::string_view email, bool normalize,
                      crypto::Sha256& sha256, codec::Track& track);

// Makes the address, normalized or not, ready to be hashed later. False when it
// is too long for that.
bool PutOffAnonymousId(std::string_view email, bool normalize,
                       crypto::ShortText& address);

// Writes the message id to the Track: `sg_event_id` and `tag`, or a hash where
// it is missing or does not fit (mapping.md, 3.2).
void WriteMessageId(codec::Event& event, std::string_view tag,
                    crypto::Sha256& sha256, FieldCounts& counts,
                    codec::Track& track);

// The text without ASCII white space around it.
std::string_view Trim(std::string_view text);

}  // namespace segrid::transform
