#include "core/http/gzip.h"

#include <isa-l/igzip_lib.h>

#include <array>
#include <cstdint>
#include <limits>
#include <memory>

#include "absl/status/status.h"
#include "core/base/error_info.h"

namespace segrid::http {
namespace {

absl::Status Failed() {
  return base::MakeError(absl::StatusCode::kResourceExhausted, "GZIP_FAILED",
                         "a body could not be compressed; give the service "
                         "more memory, or set gzip: false");
}

// The memory of igzip: too large for the stack, and need not be zeroed.
struct Workspace {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level;
};

}  // namespace

absl::StatusOr<std::string> Gzip(std::string_view plain) {
  return Gzip(Body{.pieces = {plain}});
}

absl::StatusOr<std::string> Gzip(const Body& plain) {
  const std::size_t size = plain.size_bytes();
  if (size > std::numeric_limits<std::uint32_t>::max() / 2) return Failed();
  const auto work = std::make_unique_for_overwrite<Workspace>();
  isal_zstream& stream = work->stream;
  isal_deflate_init(&stream);
  stream.avail_in = 0;
  stream.level = 1;
  stream.level_buf = work->level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(work->level.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.flush = NO_FLUSH;

  std::string packed;
  packed.resize(size / 3 + 1'024);
  std::size_t written = 0;
  auto piece = plain.pieces.begin();
  while (stream.internal_state.state != ZSTATE_END) {
    if (stream.avail_in == 0 && piece != plain.pieces.end()) {
      // igzip does not write to its input, but does not say so.
      stream.next_in =
          reinterpret_cast<std::uint8_t*>(const_cast<char*>(piece->data()));
      stream.avail_in = static_cast<std::uint32_t>(piece->size());
      ++piece;
    }
    stream.end_of_stream = piece == plain.pieces.end() ? 1 : 0;
    if (written == packed.size()) packed.resize(packed.size() * 2);
    stream.next_out = reinterpret_cast<std::uint8_t*>(&packed[written]);
    stream.avail_out = static_cast<std::uint32_t>(packed.size() - written);
    if (isal_deflate(&stream) != COMP_OK) return Failed();
    written = packed.size() - stream.avail_out;
  }
  packed.resize(written);
  return packed;
}

}  // namespace segrid::http
