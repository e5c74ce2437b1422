// A Segment Track before it is encoded: views and small buffers, no copies.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/catalog/catalog.h"
#include "core/codec/event.h"

namespace segrid::codec {

// An opted-in property.
struct Extra {
  // The name; as a custom argument's key, never kEscapedText.
  Value name;
  // The value. For kObject: see `field` and Track::event.
  Value value;
  // The row of an extra property; kNoField for a custom argument.
  catalog::FieldId field = catalog::kNoField;
};

// One Track. Reused from Track to Track. Views point into the request, the
// event or static storage; the event must outlive it. Values have the type of
// their row: kInteger, kTrue/kFalse, kList of texts, or a text.
// Thread safety: none; one user at a time.
struct Track {
  static constexpr std::size_t kHashHexBytes = 64;
  static constexpr std::size_t kMaxMessageIdBytes = 64;

  std::array<char, kMaxMessageIdBytes> message_id;
  std::size_t message_id_size = 0;
  // Without an address there is none; then there is a user id.
  bool has_anonymous_id = true;
  std::array<char, kHashHexBytes> anonymous_id;
  // The id is not known yet; it is written where the writers leave its place.
  bool anonymous_id_follows = false;
  Value user_id;
  // Row of kEvents.
  std::size_t event_row = 0;
  // Milliseconds since 1970-01-01 UTC; positive, before the year 10000.
  std::int64_t timestamp_ms = 0;
  // As JSON it ends with `originalTimestamp`, which is the timestamp, and
  // `"channel":"server"`.
  bool original_timestamp = false;
  // By row of kProperties; kMissing where the Track has none.
  std::array<Value, catalog::kPropertyCount> properties;
  std::vector<Extra> extras;
  // Bytes of names in `extras` that come from the source's settings and not
  // from the event.
  std::size_t given_name_bytes = 0;
  // What the Track was made of: holds the members of kObject extras.
  const Event* event = nullptr;

  std::string_view message_id_text() const {
    return {message_id.data(), message_id_size};
  }
  std::string_view anonymous_id_text() const {
    return {anonymous_id.data(), anonymous_id.size()};
  }
};

}  // namespace segrid::codec
