#include "server/http/chunk_decoder.h"

#include <algorithm>

namespace segrid::httpd {
namespace {

// A hex digit's value, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// What may stand in an extension or a trailer.
bool IsText(char c) {
  return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F);
}

constexpr std::uint64_t kMaxBeforeDigit = UINT64_MAX >> 4;

}  // namespace

std::size_t ChunkDecoder::Feed(std::string_view bytes, std::size_t room,
                               std::string& body) {
  std::size_t at = 0;
  while (at < bytes.size() && state_ == State::kMore) {
    if (part_ != Part::kData) {
      FeedByte(bytes[at++]);
      continue;
    }
    const std::size_t length =
        std::min({bytes.size() - at, room, static_cast<std::size_t>(left_)});
    if (length == 0) break;  // The caller makes room.
    body.append(bytes.substr(at, length));
    at += length;
    room -= length;
    left_ -= length;
    if (left_ == 0) part_ = Part::kDataCr;
  }
  return at;
}

void ChunkDecoder::FeedByte(char c) {
  switch (part_) {
    case Part::kSize:
    case Part::kExtension:
      if (++line_bytes_ > limits_.max_line_bytes) {
        state_ = State::kTooLong;
        return;
      }
      return FeedSize(c);
    case Part::kSizeEnd:
      if (c != '\n') {
        state_ = State::kBad;
        return;
      }
      return EndSizeLine();
    case Part::kDataCr:
      if (c != '\r') state_ = State::kBad;
      part_ = Part::kDataLf;
      return;
    case Part::kDataLf:
      if (c != '\n') state_ = State::kBad;
      part_ = Part::kSize;
      left_ = 0;
      has_digit_ = size_is_over_ = false;
      line_bytes_ = 0;
      return;
    default:
      return FeedTrailer(c);
  }
}

void ChunkDecoder::FeedSize(char c) {
  if (c == '\r' && has_digit_) {
    part_ = Part::kSizeEnd;
    return;
  }
  if (part_ == Part::kExtension) {
    if (!IsText(c)) state_ = State::kBad;
    return;
  }
  const int digit = size_is_over_ ? -1 : HexValue(c);
  if (digit >= 0 && left_ <= kMaxBeforeDigit) {
    left_ = left_ << 4 | static_cast<std::uint64_t>(digit);
    has_digit_ = true;
  } else if (digit < 0 && has_digit_ && (c == ' ' || c == '\t')) {
    size_is_over_ = true;
  } else if (digit < 0 && has_digit_ && c == ';') {
    part_ = Part::kExtension;
  } else {
    state_ = State::kBad;
  }
}

void ChunkDecoder::EndSizeLine() {
  if (left_ == 0) {
    part_ = Part::kTrailer;
    return;
  }
  if (left_ >
      static_cast<std::uint64_t>(limits_.max_body_bytes - body_bytes_)) {
    state_ = State::kTooLarge;
    return;
  }
  body_bytes_ += static_cast<std::int64_t>(left_);
  part_ = Part::kData;
}

void ChunkDecoder::FeedTrailer(char c) {
  if (++trailer_bytes_ > limits_.max_trailer_bytes) {
    state_ = State::kTooLong;
    return;
  }
  if (part_ == Part::kTrailerEnd) {
    if (c != '\n') {
      state_ = State::kBad;
    } else if (line_is_empty_) {
      state_ = State::kDone;
    } else {
      if (++trailers_ > limits_.max_trailers) state_ = State::kTooLong;
      if (!line_has_colon_) state_ = State::kBad;
      line_is_empty_ = true;
      line_has_colon_ = false;
      part_ = Part::kTrailer;
    }
    return;
  }
  if (c == '\r') {
    part_ = Part::kTrailerEnd;
  } else if (IsText(c) && !(line_is_empty_ && (c == ' ' || c == '\t'))) {
    line_has_colon_ |= c == ':' && !line_is_empty_;
    line_is_empty_ = false;
  } else {
    state_ = State::kBad;
  }
}

}  // namespace segrid::httpd
