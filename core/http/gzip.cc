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

// What igzip works with: too large for the stack.
struct Workspace {
  isal_zstream stream;
  std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level;
};

}  // namespace

absl::StatusOr<std::string> Gzip(std::string_view plain) {
  if (plain.size() > std::numeric_limits<std::uint32_t>::max() / 2) {
    return Failed();
  }
  const auto work = std::make_unique<Workspace>();
  isal_zstream& stream = work->stream;
  isal_deflate_init(&stream);
  stream.level = 1;
  stream.level_buf = work->level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(work->level.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.flush = NO_FLUSH;
  // igzip does not write to its input, but does not say so.
  stream.next_in =
      reinterpret_cast<std::uint8_t*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<std::uint32_t>(plain.size());

  std::string packed;
  packed.resize(plain.size() / 3 + 1'024);
  std::size_t written = 0;
  while (true) {
    stream.next_out = reinterpret_cast<std::uint8_t*>(&packed[written]);
    stream.avail_out = static_cast<std::uint32_t>(packed.size() - written);
    if (isal_deflate(&stream) != COMP_OK) return Failed();
    written = packed.size() - stream.avail_out;
    if (stream.internal_state.state == ZSTATE_END) break;
    packed.resize(packed.size() * 2);
  }
  packed.resize(written);
  return packed;
}

}  // namespace segrid::http
