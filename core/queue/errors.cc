#include "core/queue/errors.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"

namespace segrid::queue {
namespace {

constexpr std::int32_t kMaxPageSize = 1'000;

// Long enough for a batch or two to be delivered, short enough not to be late.
constexpr absl::Duration kFullRetryDelay = absl::Seconds(5);

absl::Status BadChunk(const Chunk& chunk, std::size_t index,
                      absl::string_view what) {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_CHUNK",
      absl::StrCat("lane '", chunk.lane, "', message ", index, ": ", what));
}

// True when [offset, offset + size) lies in [begin, end), without overflow.
bool Inside(std::uint32_t offset, std::uint32_t size, std::uint64_t begin,
            std::uint64_t end) {
  return offset >= begin && std::uint64_t{offset} + size <= end;
}

absl::Status ValidateChunk(const Chunk& chunk) {
  const std::string_view json = chunk.json.view();
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < chunk.messages.size(); ++i) {
    const Message& m = chunk.messages[i];
    const std::uint64_t end = std::uint64_t{m.offset} + m.size_bytes;
    if (m.offset != expected || end > json.size()) {
      return BadChunk(chunk, i, "messages must lie side by side in the JSON");
    }
    if (m.size_bytes == 0 || m.size_bytes > kMaxMessageBytes) {
      return BadChunk(chunk, i,
                      absl::StrCat("its JSON has ", m.size_bytes,
                                   " bytes, not 1 to ", kMaxMessageBytes));
    }
    if (m.id_size_bytes == 0 || m.id_size_bytes > kMaxIdBytes ||
        !Inside(m.id_offset, m.id_size_bytes, m.offset, end)) {
      return BadChunk(chunk, i,
                      absl::StrCat("its id must have 1 to ", kMaxIdBytes,
                                   " bytes and lie in its JSON"));
    }
    if (end < json.size() && json[end] != ',') {
      return BadChunk(chunk, i, "a comma must follow it, or the end");
    }
    expected = end + 1;
  }
  const std::uint64_t used = expected == 0 ? 0 : expected - 1;
  if (used != json.size()) {
    return BadChunk(chunk, chunk.messages.size(),
                    "there is JSON after the last message");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ValidateBatch(const AppendBatch& batch) {
  absl::flat_hash_set<std::string_view> lanes;
  for (const Chunk& chunk : batch.chunks) {
    if (chunk.lane.empty()) return BadChunk(chunk, 0, "the lane has no name");
    if (!lanes.insert(chunk.lane).second) {
      return BadChunk(chunk, 0, "two chunks are for this lane");
    }
    SEGRID_RETURN_IF_ERROR(ValidateChunk(chunk));
  }
  return absl::OkStatus();
}

absl::Status ValidateTake(const TakeRequest& request) {
  if (request.max_messages > 0 && request.max_bytes > 0 &&
      request.lease > absl::ZeroDuration()) {
    return absl::OkStatus();
  }
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_TAKE",
      "max_messages, max_bytes and lease of a Take must be positive");
}

absl::Status ValidatePage(const DeadLetterQuery& query) {
  if (query.page_size >= 1 && query.page_size <= kMaxPageSize) {
    return absl::OkStatus();
  }
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_PAGE",
                         absl::StrCat("page_size is ", query.page_size,
                                      ", not 1 to ", kMaxPageSize));
}

absl::Status BadPageToken() {
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "BAD_PAGE",
      "page_token is not a next_page_token of an earlier answer; leave it "
      "empty for the first page");
}

absl::Status DeadLettersFull(std::string_view lane, std::int64_t max_bytes) {
  return base::MakeError(
      absl::StatusCode::kResourceExhausted, "DEAD_LETTERS_FULL",
      absl::StrCat("the dead letters of '",
                   absl::string_view(lane.data(), lane.size()),
                   "' are at their limit of ", max_bytes,
                   " bytes, and none is deleted for another: replay or purge "
                   "them, or raise queue.max_dead_letter_bytes"));
}

absl::Status QueueFull(std::string_view what, std::int64_t max_bytes) {
  absl::Status status = base::MakeError(
      absl::StatusCode::kResourceExhausted, "QUEUE_FULL",
      absl::StrCat(absl::string_view(what.data(), what.size()),
                   " is at its limit of ", max_bytes,
                   " bytes: retry later, look why its messages are not "
                   "delivered, or raise the limit"));
  base::SetRetryDelay(status, kFullRetryDelay);
  return status;
}

}  // namespace segrid::queue
