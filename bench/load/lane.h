// A connection, or a stream on one, and the calls that run over it.

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/load/driver.h"
#include "bench/load/feed.h"
#include "bench/load/method.h"
#include "bench/load/schedule.h"
#include "bench/stats/recorder.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"

namespace segrid::bench {

// What a completion queue gives back.
class Tag {
 public:
  virtual ~Tag() = default;
  virtual void OnEvent(bool ok) = 0;
};

// What lanes need; all references outlive them.
struct LaneSettings {
  const MethodRow& method;
  Feed& feed;
  Recorder& recorder;
  Driver& driver;
  const Schedule* schedule = nullptr;  // Open loop only.
  std::int64_t schedule_begin_ns = 0;
  std::int64_t timeout_ns = 0;  // Of a call or of a message's answer.
  std::vector<std::pair<std::string, std::string>> metadata;  // Of each call.

  // The step a call belongs to by its intended start.
  std::size_t StepAt(std::int64_t intended_ns) const {
    return schedule == nullptr
               ? 0
               : schedule->StepAt(intended_ns - schedule_begin_ns);
  }
};

// One of every 256 answers, and the first, is decoded and checked.
inline constexpr std::uint64_t kCheckEvery = 256;

// Starts calls, counts how they end, and asks the driver what next.
//
// Ownership:     outlives its calls: destroy it after closed() and after its
//                completion queue is drained.
// Thread safety: any thread.
// Blocking:      never.
class Lane {
 public:
  virtual ~Lane() = default;

  // Starts a call whose latency counts from `intended_ns`.
  virtual void Start(std::int64_t intended_ns) = 0;

  // Gives up what has been waited for too long.
  virtual void Check(std::int64_t now_ns) = 0;

  // No more calls will be started. Ends what is open; with `now`, at once.
  virtual void Close(bool now) = 0;

  // After Close: nothing is going on any more.
  virtual bool closed() = 0;
};

// Each call is an RPC of its own.
std::unique_ptr<Lane> MakeUnaryLane(const LaneSettings& settings,
                                    std::shared_ptr<grpc::Channel> channel,
                                    grpc::CompletionQueue& queue);

// Each call is a message of one stream and its answer. A stream that breaks
// fails all that wait for answers, and is opened again.
std::unique_ptr<Lane> MakeStreamLane(const LaneSettings& settings,
                                     std::shared_ptr<grpc::Channel> channel,
                                     grpc::CompletionQueue& queue);

}  // namespace segrid::bench
