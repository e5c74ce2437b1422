#include "server/http/body_reader.h"

#include <algorithm>
#include <new>
#include <utility>

namespace segrid::httpd {
namespace {

// Then twice as much each time, so that a large body is copied once at most.
constexpr std::size_t kFirstStep = 16 << 10;

}  // namespace

void BodyReader::SetPeer(std::weak_ptr<Slot> connection, std::string peer) {
  share_.connection = std::move(connection);
  share_.peer = std::move(peer);
}

void BodyReader::Begin(std::optional<std::uint64_t> length,
                       const ChunkDecoder::Limits& limits,
                       bool is_authenticated, absl::Duration now) {
  share_.is_authenticated = is_authenticated;
  chunks_.reset();
  if (!length.has_value()) chunks_.emplace(limits);
  limit_bytes_ = static_cast<std::size_t>(
      length.value_or(static_cast<std::uint64_t>(limits.max_body_bytes)));
  room_bytes_ = 0;
  plain_bytes_ = 0;
  room_.Begin(share_, static_cast<std::int64_t>(length.value_or(0)), now);
}

bool BodyReader::Reserve(absl::Duration now) {
  const std::size_t wanted =
      std::min(limit_bytes_, std::max(kFirstStep, 2 * room_bytes_));
  if (!room_.Grow(share_, static_cast<std::int64_t>(wanted), now)) return false;
  room_bytes_ = wanted;
  if (chunks_.has_value()) {
    body_.reserve(wanted);
    return true;
  }
  // Where there is room behind it, it grows without a copy.
  char* const grown = static_cast<char*>(
      std::realloc(plain_.get(), std::max<std::size_t>(wanted, 1)));
  if (grown == nullptr) throw std::bad_alloc();
  (void)plain_.release();
  plain_.reset(grown);
  return true;
}

BodyReader::Status BodyReader::Feed(std::string& bytes) {
  const std::size_t before = bytes.size();
  const Status status = chunks_ ? FeedChunks(bytes) : FeedPlain(bytes);
  share_.received_bytes += static_cast<std::int64_t>(before - bytes.size());
  if (status == Status::kDone) room_.EndReading(share_);
  return status;
}

BodyReader::Status BodyReader::FeedPlain(std::string& bytes) {
  const std::size_t length = std::min(bytes.size(), room_bytes_ - plain_bytes_);
  std::copy_n(bytes.data(), length, plain_.get() + plain_bytes_);
  plain_bytes_ += length;
  bytes.erase(0, length);
  if (plain_bytes_ == limit_bytes_) return Status::kDone;
  return plain_bytes_ == room_bytes_ ? Status::kNoRoom : Status::kMore;
}

std::span<char> BodyReader::room() {
  if (chunks_.has_value() || plain_ == nullptr) return {};
  return {plain_.get() + plain_bytes_, room_bytes_ - plain_bytes_};
}

void BodyReader::Took(std::size_t count) {
  plain_bytes_ += count;
  share_.received_bytes += static_cast<std::int64_t>(count);
}

BodyReader::Status BodyReader::FeedChunks(std::string& bytes) {
  bytes.erase(0, chunks_->Feed(bytes, room_bytes_ - body_.size(), body_));
  switch (chunks_->state()) {
    case ChunkDecoder::State::kMore:
      return bytes.empty() ? Status::kMore : Status::kNoRoom;
    case ChunkDecoder::State::kDone:
      return Status::kDone;
    case ChunkDecoder::State::kTooLarge:
      return Status::kTooLarge;
    case ChunkDecoder::State::kTooLong:
      return Status::kTooLong;
    default:
      return Status::kBad;
  }
}

void BodyReader::Release() {
  body_ = std::string();
  plain_.reset();
  plain_bytes_ = 0;
  room_bytes_ = 0;
  room_.Release(share_);
}

}  // namespace segrid::httpd
