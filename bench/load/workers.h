// The threads of a run, their connections' lanes and their recorders.

#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "bench/load/lane.h"
#include "bench/load/transport.h"
#include "bench/stats/recorder.h"
#include "grpcpp/channel.h"
#include "grpcpp/completion_queue.h"

namespace segrid::bench {

// Channels are dealt out to threads; each thread has one completion queue and
// one recorder, so threads meet only where calls are dealt out.
//
// Ownership:     owns threads, lanes and recorders; what the settings refer to
//                must outlive it.
class Workers final : public Transport {
 public:
  Workers(const TransportOptions& options, std::int32_t lanes_per_channel,
          const std::vector<std::shared_ptr<grpc::Channel>>& channels) {
    AddThreads(options);
    for (std::size_t i = 0; i < channels.size(); ++i) {
      const std::size_t thread = i % queues_.size();
      const LaneSettings settings = options.make_settings(*recorders_[thread]);
      for (std::int32_t k = 0; k < lanes_per_channel; ++k) {
        AddLane(settings, channels[i], *queues_[thread]);
      }
    }
    StartThreads();
  }
  // Closes what Stop() has not.
  ~Workers() override;

  void StartOn(std::uint64_t i, std::int64_t intended_ns) override {
    lanes_[i % lanes_.size()]->Start(intended_ns);
  }

  void Check(std::int64_t now_ns) override;
  void Stop() override;
  std::vector<std::unique_ptr<Recorder>>& recorders() override {
    return recorders_;
  }

 private:
  void AddThreads(const TransportOptions& options);
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
