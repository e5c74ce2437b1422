// Questions: what does the client cost beside the generated stub; what does a
//            BatchingForwarder save; what does the embedded mode save beside a
//            channel within the process?
// Read as:   BM_ClientBesideStub/100, cpu_seconds ÷ stub_cpu_seconds of a call:
//            below 1.05; events/s of BM_BatchedEvents ÷ BM_SingleEvents: at
//            least 20; of BM_EmbeddedTransform ÷ BM_InProcessChannel: at least
//            50.

#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/client/peer.h"
#include "bench/micro/corpus.h"
#include "benchmark/benchmark.h"
#include "client/batching_forwarder.h"
#include "client/client.h"
#include "core/base/process.h"
#include "server/embedded/embedded.h"

namespace segrid::bench {
namespace {

// Set by main() before the benches run.
std::string peer_address;
std::string segrid_address;

// An event that no other is a duplicate of.
v1::SendGridEvent NextEvent(const v1::SendGridEvent& like) {
  static std::atomic<std::int64_t> count = 0;
  v1::SendGridEvent event = like;
  event.set_sg_event_id(std::to_string(++count));
  return event;
}

// `count` typed events of the corpus.
v1::ForwardRequest Events(std::size_t count) {
  v1::ForwardRequest request;
  if (!request.ParseFromString(TypedRequest(MakeBody(count, 0)))) std::abort();
  return request;
}

void SetEvents(benchmark::State& state, std::int64_t each) {
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) * each);
}

double CpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) +
         static_cast<double>(time.tv_nsec) * 1e-9;
}

// The CPU time of the process for `kTurn` calls, which must accept `events`.
constexpr int kTurn = 20;
template <typename Call>
double CpuOfTurn(benchmark::State& state, const Call& call) {
  const double begin = CpuSeconds();
  for (int i = 0; i < kTurn; ++i) {
    if (call() != state.range(0)) state.SkipWithError("a call failed");
  }
  return CpuSeconds() - begin;
}

// The client and the generated stub take turns of milliseconds, so that what
// else happens on the machine meets both.
void BM_ClientBesideStub(benchmark::State& state) {
  const auto stub = v1::BridgeService::NewStub(
      grpc::CreateChannel(peer_address, grpc::InsecureChannelCredentials()));
  const auto client = Client::Connect({.address = peer_address});
  const v1::ForwardRequest request =
      Events(static_cast<std::size_t>(state.range(0)));
  const auto by_stub = [&] {
    grpc::ClientContext context;
    v1::ForwardResponse response;
    const bool ok = stub->Forward(&context, request, &response).ok();
    return ok ? response.accepted_count() : -1;
  };
  const auto by_client = [&] {
    const auto answer = client->Forward(request);
    return answer.ok() ? answer->accepted_count() : -1;
  };
  double stub_seconds = 0;
  double client_seconds = 0;
  bool client_first = false;
  for (auto _ : state) {
    client_first = !client_first;
    if (client_first) client_seconds += CpuOfTurn(state, by_client);
    stub_seconds += CpuOfTurn(state, by_stub);
    if (!client_first) client_seconds += CpuOfTurn(state, by_client);
  }
  const auto calls = static_cast<double>(state.iterations()) * kTurn;
  state.counters["cpu_seconds"] = client_seconds / calls;
  state.counters["stub_cpu_seconds"] = stub_seconds / calls;
}

// Eight threads, one RPC per event, to all of Segrid: durable.
void BM_SingleEvents(benchmark::State& state) {
  static const auto client = Client::Connect({.address = segrid_address});
  v1::ForwardRequest request = Events(1);
  for (auto _ : state) {
    *request.mutable_events(0) = NextEvent(request.events(0));
    if (!client->Forward(request).ok()) state.SkipWithError("the call failed");
  }
  SetEvents(state, 1);
}

// The same through one forwarder. Buffering is not enough: the clock stops when
// every event is durable.
void BM_BatchedEvents(benchmark::State& state) {
  constexpr int kThreads = 8;
  constexpr int kEventsEach = 1000;
  const auto client = Client::Connect({.address = segrid_address});
  const v1::SendGridEvent event = Events(1).events(0);
  for (auto _ : state) {
    BatchingForwarder forwarder(*client);
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&] {
          for (int j = 0; j < kEventsEach; ++j) forwarder.Add(NextEvent(event));
        });
      }
    }
    forwarder.Shutdown(std::chrono::seconds(10));
    if (forwarder.stats().accepted_count != kThreads * kEventsEach) {
      state.SkipWithError("an event was lost");
    }
  }
  SetEvents(state, std::int64_t{kThreads} * kEventsEach);
}

// An embedded Segrid, and a service over it for channels within the process.
class Within final : public v1::BridgeService::Service {
 public:
  Within() {
    directory_ = std::filesystem::temp_directory_path() /
                 ("segrid-client-bench-" + std::to_string(getpid()));
    auto started = Embedded::Start(
        {.config_text = "queue: {store: memory}\nsources: [{name: all, "
                        "receiver: file, path: t}]\n",
         .data_dir = directory_});
    if (!started.ok()) std::abort();
    embedded_ = *std::move(started);
    grpc::ServerBuilder builder;
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    stub_ = v1::BridgeService::NewStub(server_->InProcessChannel({}));
  }
  ~Within() override {
    server_->Shutdown();
    embedded_.reset();
    std::filesystem::remove_all(directory_);
  }

  Embedded& embedded() { return *embedded_; }
  v1::BridgeService::Stub& stub() { return *stub_; }

 private:
  grpc::Status Transform(grpc::ServerContext* /*context*/,
                         const v1::TransformRequest* request,
                         v1::TransformResponse* response) override {
    EmbeddedBatch batch;
    if (embedded_->Transform(request->webhook_json(), "", batch)) {
      return {grpc::StatusCode::INTERNAL, "transform"};
    }
    response->set_batch_json(std::string(batch.batch_json()));
    response->set_track_count(batch.track_count());
    return grpc::Status::OK;
  }

  std::filesystem::path directory_;
  std::unique_ptr<Embedded> embedded_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::BridgeService::Stub> stub_;
};

void BM_EmbeddedTransform(benchmark::State& state) {
  Within within;
  const std::string body = MakeBody(1, 0);
  EmbeddedBatch batch;
  for (auto _ : state) {
    if (within.embedded().Transform(body, "", batch) ||
        batch.event_count() != 1) {
      state.SkipWithError("the transform failed");
    }
  }
  SetEvents(state, 1);
}

void BM_InProcessChannel(benchmark::State& state) {
  Within within;
  v1::TransformRequest request;
  request.set_webhook_json(MakeBody(1, 0));
  for (auto _ : state) {
    grpc::ClientContext context;
    v1::TransformResponse response;
    if (!within.stub().Transform(&context, request, &response).ok() ||
        response.batch_json().empty()) {
      state.SkipWithError("the call failed");
    }
  }
  SetEvents(state, 1);
}

BENCHMARK(BM_ClientBesideStub)->Arg(1)->Arg(100)->UseRealTime();
BENCHMARK(BM_SingleEvents)->Threads(8)->UseRealTime();
BENCHMARK(BM_BatchedEvents)->UseRealTime();
BENCHMARK(BM_EmbeddedTransform)->UseRealTime();
BENCHMARK(BM_InProcessChannel)->UseRealTime();

}  // namespace
}  // namespace segrid::bench

int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  const auto directory = std::filesystem::temp_directory_path() /
                         ("segrid-client-peer-" + std::to_string(getpid()));
  {
    const segrid::bench::Peer quick = segrid::bench::StartPeer();
    const segrid::bench::Peer durable = segrid::bench::StartSegrid(directory);
    segrid::bench::peer_address = quick.address();
    segrid::bench::segrid_address = durable.address();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
    benchmark::RunSpecifiedBenchmarks();
  }
  std::filesystem::remove_all(directory);
  return 0;
}
