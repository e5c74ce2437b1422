#include "server/webhook/unpack.h"

#include <isa-l/igzip_lib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <memory>

#include "core/base/error_info.h"

namespace segrid::webhook {
namespace {

// The first guess; JSON usually packs better than this.
constexpr std::size_t kUsualRatio = 4;
constexpr std::size_t kSmallest = 4 << 10;

absl::Status Damaged() {
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_ENCODING",
                         "the body is no gzip, or damaged");
}

absl::Status TooLarge() {
  return base::MakeError(absl::StatusCode::kResourceExhausted, "BODY_TOO_LARGE",
                         "the unpacked body is over the limit");
}

}  // namespace

absl::StatusOr<std::string> Gunzip(std::string_view packed,
                                   std::int64_t max_bytes) {
  const auto limit = static_cast<std::size_t>(max_bytes);
  if (packed.size() > std::numeric_limits<std::uint32_t>::max()) {
    return TooLarge();
  }
  const auto state = std::make_unique<inflate_state>();
  std::string plain;
  std::size_t written = 0;
  const auto* next = reinterpret_cast<const std::uint8_t*>(packed.data());
  auto left = static_cast<std::uint32_t>(packed.size());
  do {  // For each member.
    isal_inflate_init(state.get());
    state->crc_flag = ISAL_GZIP;
    // igzip does not write to its input, but does not say so.
    state->next_in = const_cast<std::uint8_t*>(next);
    state->avail_in = left;
    while (state->block_state != ISAL_BLOCK_FINISH) {
      if (written == plain.size()) {
        // One byte beyond the limit shows that there is more.
        if (written > limit) return TooLarge();
        const std::size_t wanted = std::max(
            {kSmallest, packed.size() * kUsualRatio, plain.size() * 2});
        plain.resize(std::min(wanted, limit + 1));
      }
      state->next_out = reinterpret_cast<std::uint8_t*>(&plain[written]);
      state->avail_out = static_cast<std::uint32_t>(plain.size() - written);
      const std::uint32_t input_before = state->avail_in;
      if (isal_inflate(state.get()) != ISAL_DECOMP_OK) return Damaged();
      const std::size_t before = written;
      written = plain.size() - state->avail_out;
      const bool stuck = written == before && state->avail_in == input_before;
      const bool done = state->block_state == ISAL_BLOCK_FINISH;
      if (!done && stuck) return Damaged();  // It ends in the middle.
    }
    next = state->next_in;
    left = state->avail_in;
  } while (left > 0);
  if (written > limit) return TooLarge();
  plain.resize(written);
  return plain;
}

}  // namespace segrid::webhook
