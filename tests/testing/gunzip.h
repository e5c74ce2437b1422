// The other direction of http::Gzip, by another library.

#pragma once

#include <zlib.h>

#include <string>
#include <string_view>

namespace segrid::testing {

// The plain text of `packed`, or "not gzip".
inline std::string Gunzip(std::string_view packed) {
  z_stream stream{};
  if (inflateInit2(&stream, 16 + MAX_WBITS) != Z_OK) return "not gzip";
  std::string input(packed);
  std::string plain;
  std::string chunk(1 << 16, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  int result = Z_OK;
  while (result == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.avail_out = static_cast<uInt>(chunk.size());
    result = inflate(&stream, Z_NO_FLUSH);
    plain.append(chunk, 0, chunk.size() - stream.avail_out);
  }
  const bool all = result == Z_STREAM_END && stream.avail_in == 0;
  inflateEnd(&stream);
  return all ? plain : "not gzip";
}

}  // namespace segrid::testing
