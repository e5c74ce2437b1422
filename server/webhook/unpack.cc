#include "server/webhook/unpack.h"

#include <isa-l/igzip_lib.h>

#include <cstddef>
#include <limits>
#include <memory>

#include "core/base/error_info.h"
#include "core/base/status_macros.h"

namespace segrid::webhook {
namespace {

// For unpacking without keeping what comes out.
constexpr std::size_t kScratchBytes = 64 << 10;

absl::Status Damaged() {
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_ENCODING",
                         "the body is no gzip, or damaged");
}

absl::Status TooLarge() {
  return base::MakeError(absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE",
                         "the unpacked body is over the limit");
}

// Unpacks all members of `packed` into `out`, or, when `over` is set, over and
// over it: then only the size counts. Ends when `out` is full or, with `over`,
// beyond `limit`. Gives how much came out; one more byte than there was room
// for when there is more.
absl::StatusOr<std::size_t> Inflate(std::string_view packed, std::string& out,
                                    bool over, std::size_t limit,
                                    std::int64_t& cost) {
  const auto state = std::make_unique<inflate_state>();
  const auto* next = reinterpret_cast<const std::uint8_t*>(packed.data());
  auto left = static_cast<std::uint32_t>(packed.size());
  std::size_t written = 0;
  do {  // For each member.
    isal_inflate_init(state.get());
    state->crc_flag = ISAL_GZIP;
    // igzip does not write to its input, but does not say so.
    state->next_in = const_cast<std::uint8_t*>(next);
    state->avail_in = left;
    while (state->block_state != ISAL_BLOCK_FINISH) {
      if (written > limit) return written;
      const std::size_t at = over ? 0 : written;
      if (at == out.size()) return written + 1;
      state->next_out = reinterpret_cast<std::uint8_t*>(&out[at]);
      state->avail_out = static_cast<std::uint32_t>(out.size() - at);
      const std::uint32_t input_before = state->avail_in;
      if (isal_inflate(state.get()) != ISAL_DECOMP_OK) return Damaged();
      const std::size_t more = out.size() - at - state->avail_out;
      written += more;
      cost += static_cast<std::int64_t>(more);
      const bool done = state->block_state == ISAL_BLOCK_FINISH;
      const bool stuck = more == 0 && state->avail_in == input_before;
      if (!done && stuck) return Damaged();  // It ends in the middle.
    }
    next = state->next_in;
    left = state->avail_in;
  } while (left > 0);
  return written;
}

// What the end of a gzip says of the size of its last member; 0 without an end.
std::size_t SaidSize(std::string_view packed) {
  std::size_t size = 0;
  if (packed.size() < 4) return size;
  for (std::size_t i = 1; i <= 4; ++i) {
    size = size << 8 | static_cast<std::uint8_t>(packed[packed.size() - i]);
  }
  return size;
}

}  // namespace

absl::StatusOr<std::string> Gunzip(std::string_view packed,
                                   std::int64_t max_bytes,
                                   std::int64_t* unpacked_bytes) {
  std::int64_t ignored = 0;
  std::int64_t& cost = unpacked_bytes == nullptr ? ignored : *unpacked_bytes;
  cost = 0;
  const auto limit = static_cast<std::size_t>(max_bytes);
  const std::size_t said = SaidSize(packed);
  if (packed.size() > std::numeric_limits<std::uint32_t>::max()) {
    return TooLarge();
  }
  // One byte more shows that there is more than was said.
  std::string plain(said > limit ? 0 : said + 1, '\0');
  SEGRID_ASSIGN_OR_RETURN(std::size_t size,
                          Inflate(packed, plain, /*over=*/false, limit, cost));
  if (size >= plain.size()) {
    // Too large, several members, or a lie: memory only once the size is known.
    std::string scratch(kScratchBytes, '\0');
    SEGRID_ASSIGN_OR_RETURN(
        size, Inflate(packed, scratch, /*over=*/true, limit, cost));
    if (size > limit) return TooLarge();
    plain.assign(size + 1, '\0');
    SEGRID_ASSIGN_OR_RETURN(
        size, Inflate(packed, plain, /*over=*/false, limit, cost));
  }
  plain.resize(size);
  return plain;
}

}  // namespace segrid::webhook
