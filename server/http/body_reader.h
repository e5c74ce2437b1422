// The body of a request, step by step.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/http/body_room.h"
#include "server/http/chunk_decoder.h"

namespace segrid::httpd {

// Takes the body out of the bytes of a connection, and reserves room for it as
// it comes.
//
// Ownership:     keeps a reference to `room`; gives its room back when it goes.
// Thread safety: none; everything on the connection's strand.
// Blocking:      never.
class BodyReader {
 public:
  enum class Status {
    kMore,      // All bytes are taken, and the body goes on.
    kNoRoom,    // The body goes on, and needs a Reserve().
    kDone,      // It is there as a whole.
    kBad,       // The framing is wrong.
    kTooLarge,  // It is over the limit.
    kTooLong,   // What stands between chunks or behind them is.
  };

  explicit BodyReader(BodyRoom& room) : room_(room) {}
  ~BodyReader() { Release(); }
  BodyReader(const BodyReader&) = delete;
  BodyReader& operator=(const BodyReader&) = delete;

  // Of the connection: see BodyShare.
  void SetPeer(std::weak_ptr<Slot> connection, std::string peer);

  // Begins a body of `length` bytes, or, without one, in chunks.
  void Begin(std::optional<std::uint64_t> length,
             const ChunkDecoder::Limits& limits, bool is_authenticated,
             absl::Duration now);
  // Makes room for the next step. False when there is none now.
  [[nodiscard]] bool Reserve(absl::Duration now);
  // Takes from the front of `bytes` what belongs to the body.
  Status Feed(std::string& bytes);
  // Where the next bytes of the body belong, so that they are read to their
  // place at once; valid until the next call. Empty where they have to go
  // through Feed(): the body comes in chunks, or needs a Reserve(), or is gone.
  std::span<char> room();
  // So many bytes were read to the front of room(). Feed() says what follows.
  void Took(std::size_t count);

  // How much of the body is still to come, or nullopt when it comes in chunks.
  std::optional<std::size_t> left_bytes() const {
    if (chunks_.has_value()) return std::nullopt;
    return limit_bytes_ - plain_bytes_;
  }
  // Valid until Release().
  std::string_view body() const {
    if (chunks_.has_value()) return body_;
    return {plain_.get(), plain_bytes_};
  }
  // Forgets the body and gives its room back. Idempotent.
  void Release();

 private:
  struct FreeBytes {
    void operator()(char* bytes) const { std::free(bytes); }
  };

  Status FeedPlain(std::string& bytes);
  Status FeedChunks(std::string& bytes);

  BodyRoom& room_;
  BodyShare share_;
  std::string body_;  // What came in chunks.
  // A body without compression: as large as the room, and not zeroed before.
  std::unique_ptr<char, FreeBytes> plain_;
  std::size_t plain_bytes_ = 0;
  std::size_t room_bytes_ = 0;   // Reserved.
  std::size_t limit_bytes_ = 0;  // The length, or the most it may be.
  std::optional<ChunkDecoder> chunks_;
};

}  // namespace segrid::httpd
