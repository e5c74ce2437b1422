// Queue, deliverer and receivers against real HTTPS servers, in simulated time.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/deliver/deliverer.h"
#include "core/pool/thread_pool.h"
#include "core/queue/memory/memory_queue.h"
#include "core/receivers/segment/segment_receiver.h"
#include "tests/core/deliver/simulated_executor.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/gunzip.h"
#include "tests/testing/queue_calls.h"
#include "tests/testing/scripted_server.h"

namespace segrid::deliver {

// What arrived at a server, read.
struct Arrival {
  double at = 0;              // Simulated seconds since the start.
  int connection = 0;         //
  std::string retry_count{};  // "" when it had none.
  double sent_at = 0;         // Like `at`.
  std::vector<std::string> ids{};
  std::size_t body_bytes = 0;  // Before compression.
  bool taken = false;          // Answered by a whole 2xx.
};

class SimulatedDelivery;

// Of every source.
inline constexpr char kWriteKey[] = "wr1te-k3y";

// A server that notes what arrives. `answer` runs in the server's threads, one
// call at a time. Must outlive the delivery.
class NotingServer {
 public:
  using Script = std::function<testing::Reply(const Arrival&)>;

  explicit NotingServer(
      SimulatedDelivery& delivery,
      Script script = [](const Arrival&) { return testing::Reply(); });

  testing::ScriptedServer& server() { return *server_; }
  // Empty until the time that it tells.
  std::vector<Arrival> arrivals() {
    absl::MutexLock lock(&mu_);
    return arrivals_;
  }
  // The ids that it took, in the order of their coming.
  std::vector<std::string> taken() {
    std::vector<std::string> ids;
    for (const Arrival& arrival : arrivals()) {
      if (!arrival.taken) continue;
      ids.insert(ids.end(), arrival.ids.begin(), arrival.ids.end());
    }
    return ids;
  }

 private:
  SimulatedDelivery& delivery_;
  const Script script_;
  absl::Mutex mu_;
  std::vector<Arrival> arrivals_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<testing::ScriptedServer> server_;
};

// Jitter is 0.5. The destructor stops what is under way; servers end after it
// or before it.
class SimulatedDelivery {
 public:
  ~SimulatedDelivery() { pool_->Stop(); }

  // A source that delivers to `server`. Not after Start().
  void AddSource(NotingServer& server, Source source,
                 receivers::segment::SegmentOptions options = {}) {
    options.region.clear();
    options.endpoint = server.server().url();
    options.write_key = base::Secret(kWriteKey);
    if (options.tls.ca_file.empty()) {
      options.tls.ca_file = server.server().ca_file();
    }
    source.receiver = std::make_unique<Waited>(
        receivers::segment::SegmentReceiver::Create(options, pool_->io(), clock)
            .value(),
        executor, hang_);
    sources_.push_back(std::move(source));
  }

  // How much simulated time a request takes that is not answered; of real time
  // it takes its request_timeout. Before AddSource(), instead of none.
  void SetHang(absl::Duration hang) { hang_ = hang; }

  // Before Start(), instead of 0.5.
  void SetJitter(retry::Jitter jitter) { jitter_ = std::move(jitter); }

  void Start(Options options = {}) {
    deliverer_ = std::make_unique<Deliverer>(
        Environment{clock, queue, executor, jitter_}, options,
        std::move(sources_));
    deliverer_->Start();
    executor.Run();
  }

  Deliverer& deliverer() { return *deliverer_; }
  SourceStatus status(const std::string& source = "prod") {
    return deliverer_->Status(source).value();
  }
  double Seconds() { return absl::ToDoubleSeconds(clock.Now() - started_); }
  absl::Time started() const { return started_; }

  // Appends messages <prefix><first>, …
  queue::LaneAppend Append(int count, int first = 0,
                           const std::string& more = "",
                           const std::string& source = "prod") {
    std::vector<std::string> ids;
    for (int i = first; i < first + count; ++i) {
      ids.push_back(absl::StrCat("m", i));
    }
    return calls.Append(source, ids, more);
  }

  testing::FakeClock clock;
  SimulatedExecutor executor{clock};
  queue::memory::MemoryQueue queue{{}, clock};
  testing::QueueCalls calls{queue};

 private:
  // Lets time wait for the answers of another receiver.
  class Waited final : public receivers::Receiver {
   public:
    Waited(std::unique_ptr<receivers::Receiver> inner,
           SimulatedExecutor& executor, absl::Duration hang)
        : inner_(std::move(inner)), executor_(executor), hang_(hang) {}
    void Send(receivers::Batch batch, Done done) override {
      executor_.Enter();
      inner_->Send(
          std::move(batch), [this, done](receivers::SendResult result) {
            const bool hung =
                result.detail.find("took longer") != std::string::npos;
            if (!hung || hang_ == absl::ZeroDuration()) {
              done(std::move(result));
            } else {
              absl::MutexLock lock(&mu_);
              hangs_.push_back(executor_.After(
                  hang_, [done, result = std::move(result)] { done(result); }));
            }
            executor_.Leave();
          });
    }
    receivers::Limits limits() const override { return inner_->limits(); }
    std::string endpoint() const override { return inner_->endpoint(); }

   private:
    const std::unique_ptr<receivers::Receiver> inner_;
    SimulatedExecutor& executor_;
    const absl::Duration hang_;
    absl::Mutex mu_;
    std::vector<std::unique_ptr<pool::Timer>> hangs_ ABSL_GUARDED_BY(mu_);
  };

  const absl::Time started_ = clock.Now();
  retry::Jitter jitter_ = [] { return 0.5; };
  absl::Duration hang_ = absl::ZeroDuration();
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
  std::vector<Source> sources_;
  std::unique_ptr<Deliverer> deliverer_;
};

// The values of `key` in `json`, whose strings have no escapes.
inline std::vector<std::string> ValuesOf(std::string_view json,
                                         std::string_view key) {
  const std::string mark = absl::StrCat("\"", std::string(key), "\":\"");
  std::vector<std::string> values;
  std::size_t at = json.find(mark);
  for (; at != json.npos; at = json.find(mark, at)) {
    at += mark.size();
    values.emplace_back(json.substr(at, json.find('"', at) - at));
  }
  return values;
}

inline NotingServer::NotingServer(SimulatedDelivery& delivery, Script script)
    : delivery_(delivery), script_(std::move(script)) {
  server_ = std::make_unique<testing::ScriptedServer>(
      [this](const testing::Seen& seen) {
        Arrival arrival{.at = delivery_.Seconds(),
                        .connection = seen.connection,
                        .retry_count = seen.Header("x-retry-count")};
        const bool packed = seen.Header("content-encoding") == "gzip";
        const std::string body =
            packed ? testing::Gunzip(seen.body) : seen.body;
        arrival.ids = ValuesOf(body, "messageId");
        arrival.body_bytes = body.size();
        absl::Time sent_at;
        for (const std::string& text : ValuesOf(body, "sentAt")) {
          absl::ParseTime(absl::RFC3339_full, text, &sent_at, nullptr);
        }
        arrival.sent_at = absl::ToDoubleSeconds(sent_at - delivery_.started());
        const testing::Reply reply = script_(arrival);
        arrival.taken = reply.kind == testing::Reply::Kind::kAnswer &&
                        reply.status / 100 == 2;
        absl::MutexLock lock(&mu_);
        arrivals_.push_back(std::move(arrival));
        return reply;
      });
}

// m0, m1, …
inline std::vector<std::string> Ids(int count, int first = 0) {
  std::vector<std::string> ids;
  for (int i = first; i < first + count; ++i) {
    ids.push_back(absl::StrCat("m", i));
  }
  return ids;
}

}  // namespace segrid::deliver
