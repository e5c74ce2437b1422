// The threads of a run, their connections' lanes and their recorders.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/lane.h"
#include "bench/stats/recorder.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"

namespace segrid::bench {

struct WorkersOptions {
  std::int32_t threads = 1;
  std::int32_t lanes_per_channel = 1;
  std::int64_t window_start_ns = 0;
  std::size_t steps = 1;
};

// Channels are dealt out to threads; each thread has one completion queue and
// one recorder, so threads meet only where calls are dealt out.
//
// Ownership:     owns threads, lanes and recorders; what `Settings` refers to
//                must outlive it.
// Thread safety: StartOn from any thread; the rest from the owner's.
class Workers {
 public:
  // `make_settings` gives a lane its settings for the recorder of its thread.
  template <typename MakeSettings>
  Workers(const WorkersOptions& options,
          const std::vector<std::shared_ptr<grpc::Channel>>& channels,
          const MakeSettings& make_settings) {
    AddThreads(options);
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const std::size_t thread = i % queues_.size();
      const LaneSettings settings = make_settings(*recorders_[thread]);
      for (std::int32_t k = 0; k < options.lanes_per_channel; ++k) {
        AddLane(settings, channels[i], *queues_[thread]);
      }
    }
    StartThreads();
  }
  // Closes what Stop() has not.
  ~Workers();

  // Starts a call on lane `i` modulo their number.
  void StartOn(std::uint64_t i, std::int64_t intended_ns) {
    lanes_[i % lanes_.size()]->Start(intended_ns);
  }

  // Lets lanes give up what is overdue.
  void Check(std::int64_t now_ns);

  // Ends everything; calls in flight are waited for. Blocks.
  void Stop();

  std::vector<std::unique_ptr<Recorder>>& recorders() { return recorders_; }

 private:
  void AddThreads(const WorkersOptions& options);
  void AddLane(const LaneSettings& settings,
               const std::shared_ptr<grpc::Channel>& channel,
               grpc::CompletionQueue& queue);
  void StartThreads();
  bool AllClosed();

  std::vector<std::unique_ptr<grpc::CompletionQueue>> queues_;
  std::vector<std::unique_ptr<Recorder>> recorders_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<std::thread> threads_;
};

}  // namespace segrid::bench
