#include "bench/load/workers.h"

#include <chrono>

namespace segrid::bench {
namespace {

// How long a stream may take to end in good order.
constexpr int kPoliteTries = 1000;
constexpr std::chrono::milliseconds kTry{1};

void Serve(grpc::CompletionQueue& queue) {
  void* tag = nullptr;
  bool ok = false;
  while (queue.Next(&tag, &ok)) static_cast<Tag*>(tag)->OnEvent(ok);
}

}  // namespace

void Workers::AddThreads(const TransportOptions& options) {
  for (std::int32_t i = 0; i < options.threads; ++i) {
    queues_.push_back(std::make_unique<grpc::CompletionQueue>());
    recorders_.push_back(
        std::make_unique<Recorder>(options.window_start_ns, options.steps));
  }
}

void Workers::AddLane(const LaneSettings& settings,
                      const std::shared_ptr<grpc::Channel>& channel,
                      grpc::CompletionQueue& queue) {
  lanes_.push_back(settings.method.is_stream
                       ? MakeStreamLane(settings, channel, queue)
                       : MakeUnaryLane(settings, channel, queue));
}

void Workers::StartThreads() {
  for (const auto& queue : queues_) {
    threads_.emplace_back([&queue = *queue] { Serve(queue); });
  }
}

void Workers::Check(std::int64_t now_ns) {
  for (const auto& lane : lanes_) lane->Check(now_ns);
}

bool Workers::AllClosed() {
  for (const auto& lane : lanes_) {
    if (!lane->closed()) return false;
  }
  return true;
}

void Workers::Stop() {
  if (threads_.empty()) return;
  for (const auto& lane : lanes_) lane->Close(/*now=*/false);
  for (int tries = 0; !AllClosed(); ++tries) {
    if (tries >= kPoliteTries) {
      for (const auto& lane : lanes_) lane->Close(/*now=*/true);
    }
    std::this_thread::sleep_for(kTry);
  }
  for (const auto& queue : queues_) queue->Shutdown();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

Workers::~Workers() { Stop(); }

}  // namespace segrid::bench
