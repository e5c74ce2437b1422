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
// `normalize`, its ASCII letters are lower-cased first; the caller has trimmed
// it (mapping.md, 3.1).
void WriteAnonymousId(std::string_view email, bool normalize,
                      crypto::Sha256& sha256, codec::Track& track);

// Makes the address, normalized or not, ready to be hashed later. False when it
// is too long for that.
bool PutOffAnonymousId(std::string_view email, bool normalize,
                       crypto::ShortText& address);

// Writes the message id to the Track: `sg_event_id` and `tag`, or a hash where
// it is missing, a sample's or does not fit (mapping.md, 3.2).
void WriteMessageId(codec::Event& event, std::string_view tag,
                    crypto::Sha256& sha256, FieldCounts& counts,
                    codec::Track& track);

constexpr bool IsAsciiWhite(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The text without ASCII white space before it.
inline std::string_view TrimLeft(std::string_view text) {
  while (!text.empty() && IsAsciiWhite(text.front())) text.remove_prefix(1);
  return text;
}

// The text without ASCII white space around it.
inline std::string_view Trim(std::string_view text) {
  text = TrimLeft(text);
  while (!text.empty() && IsAsciiWhite(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace segrid::transform
