// The queue's asynchronous calls as plain ones, and short ways to make chunks.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "core/queue/queue.h"

namespace segrid::testing {

// A Track that is good enough for a queue: `{"messageId":"<id>"<more>}`.
inline std::string TrackJson(const std::string& id,
                             const std::string& more = "") {
  return absl::StrCat("{\"messageId\":\"", id, "\"", more, "}");
}

// A chunk of such Tracks.
inline queue::Chunk ChunkOf(std::string lane,
                            const std::vector<std::string>& ids,
                            const std::string& more = "") {
  std::string json;
  queue::Chunk chunk{.lane = std::move(lane), .json = {}, .messages = {}};
  for (const std::string& id : ids) {
    if (!json.empty()) json += ',';
    const std::string track = TrackJson(id, more);
    chunk.messages.push_back(
        {.offset = static_cast<std::uint32_t>(json.size()),
         .size_bytes = static_cast<std::uint32_t>(track.size()),
         .id_offset = static_cast<std::uint32_t>(json.size() + 14),
         .id_size_bytes = static_cast<std::uint32_t>(id.size())});
    json += track;
  }
  chunk.json = queue::Bytes(std::move(json));
  return chunk;
}

// Waits for the answer of each call. For tests only: it blocks.
class QueueCalls {
 public:
  explicit QueueCalls(queue::Queue& queue) : queue_(&queue) {}

  absl::StatusOr<queue::AppendResult> Append(std::vector<queue::Chunk> chunks) {
    return Wait<absl::StatusOr<queue::AppendResult>>([&](auto done) {
      queue_->Append({.chunks = std::move(chunks)}, done);
    });
  }
  // Appends one chunk, which must go well.
  queue::LaneAppend Append(const std::string& lane,
                           const std::vector<std::string>& ids,
                           const std::string& more = "") {
    return Append({ChunkOf(lane, ids, more)}).value().lanes.at(0);
  }
  absl::StatusOr<queue::Lease> Take(queue::TakeRequest request) {
    return Wait<absl::StatusOr<queue::Lease>>(
        [&](auto done) { queue_->Take(std::move(request), done); });
  }
  queue::Lease Take(const std::string& lane, std::int32_t max_messages = 2500) {
    return Take(queue::TakeRequest{.lane = lane, .max_messages = max_messages})
        .value();
  }
  absl::Status Renew(std::string lane, std::uint64_t id, absl::Duration d) {
    return Wait<absl::Status>(
        [&](auto done) { queue_->Renew(std::move(lane), id, d, done); });
  }
  absl::Status Ack(queue::Settlement settlement) {
    return Wait<absl::Status>(
        [&](auto done) { queue_->Ack(std::move(settlement), done); });
  }
  absl::Status Defer(queue::Settlement settlement, queue::Deferral deferral) {
    return Wait<absl::Status>([&](auto done) {
      queue_->Defer(std::move(settlement), deferral, done);
    });
  }
  absl::Status DeadLetter(queue::Settlement settlement, queue::Death death) {
    return Wait<absl::Status>([&](auto done) {
      queue_->DeadLetter(std::move(settlement), std::move(death), done);
    });
  }
  queue::Progress GetProgress(std::string lane, queue::Ticket ticket) {
    return Wait<absl::StatusOr<queue::Progress>>([&](auto done) {
             queue_->GetProgress(std::move(lane), ticket, done);
           })
        .value();
  }
  queue::LaneStats Stats(const std::string& lane) {
    return queue_->GetLaneStats(lane).value();
  }

 private:
  template <typename Result, typename Call>
  static Result Wait(Call call) {
    Result result;
    absl::Notification done;
    call([&](Result answer) {
      result = std::move(answer);
      done.Notify();
    });
    done.WaitForNotification();
    return result;
  }

  queue::Queue* queue_;
};

// Everything that `lease` has.
inline queue::Settlement AllOf(const std::string& lane,
                               const queue::Lease& lease) {
  queue::Settlement all{.lane = lane, .lease_id = lease.id, .ranges = {}};
  for (const auto& message : lease.messages) {
    all.ranges.push_back({message.sequence, message.sequence});
  }
  return all;
}

// The ids that `lease` has, in its order.
inline std::vector<std::string> IdsOf(const queue::Lease& lease) {
  std::vector<std::string> ids;
  for (const auto& message : lease.messages) ids.emplace_back(message.id);
  return ids;
}

}  // namespace segrid::testing
