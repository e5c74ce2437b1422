// A body that comes in chunks (RFC 9112, section 7.1).

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace segrid::httpd {

// Reads as strictly as the RFC writes: lines end in CRLF, a size is hex digits,
// because a proxy in front that reads otherwise would be of another mind where
// the request ends.
//
// A value. Thread safety: none. Blocking: never.
class ChunkDecoder {
 public:
  struct Limits {
    std::int64_t max_body_bytes = 0;
    std::size_t max_line_bytes = 0;     // A chunk's size with its extensions.
    std::size_t max_trailer_bytes = 0;  // All of them.
    std::size_t max_trailers = 0;
  };
  enum class State {
    kMore,      // The body goes on.
    kDone,      // It is over; what was not consumed is the next request's.
    kBad,       // This is no chunk.
    kTooLarge,  // The body is over its limit.
    kTooLong,   // A line or the trailers are over theirs.
  };

  explicit ChunkDecoder(const Limits& limits) : limits_(limits) {}

  // Appends the body's bytes in `bytes` to `body`, but no more than `room`, and
  // returns how many of `bytes` it has read. Anything but kMore stays.
  std::size_t Feed(std::string_view bytes, std::size_t room, std::string& body);

  State state() const { return state_; }

 private:
  enum class Part {
    kSize,
    kExtension,
    kSizeEnd,
    kData,
    kDataCr,
    kDataLf,
    kTrailer,
    kTrailerEnd
  };

  void FeedByte(char c);
  void FeedSize(char c);
  void FeedTrailer(char c);
  void EndSizeLine();

  Limits limits_;
  State state_ = State::kMore;
  Part part_ = Part::kSize;
  std::uint64_t left_ = 0;       // Of this chunk's size, then of its bytes.
  std::int64_t body_bytes_ = 0;  // Announced by chunks so far.
  bool has_digit_ = false;
  bool size_is_over_ = false;
  std::size_t line_bytes_ = 0;  // Of a size's line.
  std::size_t trailer_bytes_ = 0;
  std::size_t trailers_ = 0;
  bool line_is_empty_ = true;  // A trailer's.
  bool line_has_colon_ = false;
};

}  // namespace segrid::httpd
