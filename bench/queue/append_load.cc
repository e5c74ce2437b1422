#include "bench/queue/append_load.h"

#include <thread>

#include "bench/load/pacer.h"

namespace segrid::bench {
namespace {

constexpr std::size_t kMessageBytes = 700;
constexpr std::size_t kIdBytes = 24;

void WriteDigits(std::int64_t number, int digits, char* out) {
  for (int i = digits; i-- > 0; number /= 10) {
    out[i] = static_cast<char>('0' + number % 10);
  }
}

}  // namespace

AppendRate RunAppends(
    const AppendLoad& load,
    const std::function<bool(int caller, std::int64_t call)>& append) {
  std::vector<AppendRate> rates(static_cast<std::size_t>(load.callers));
  std::vector<std::thread> threads;
  const std::int64_t begin = SteadyNanos();
  const std::int64_t end = begin + absl::ToInt64Nanoseconds(load.duration);
  for (int caller = 0; caller < load.callers; ++caller) {
    AppendRate& rate = rates[static_cast<std::size_t>(caller)];
    threads.emplace_back([&append, &rate, caller, end] {
      for (std::int64_t now = SteadyNanos(); now < end && !rate.failed;) {
        rate.failed = !append(caller, rate.calls++);
        const std::int64_t done = SteadyNanos();
        rate.latency.Add(done - now);
        now = done;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  AppendRate sum;
  sum.seconds = static_cast<double>(SteadyNanos() - begin) * 1e-9;
  for (const AppendRate& rate : rates) {
    sum.calls += rate.calls;
    sum.latency.Merge(rate.latency);
    sum.failed = sum.failed || rate.failed;
  }
  return sum;
}

ChunkMaker::ChunkMaker(int messages) {
  constexpr std::string_view kBegin = R"({"type":"track","messageId":")";
  for (int i = 0; i < messages; ++i) {
    if (i > 0) json_ += ',';
    const std::size_t offset = json_.size();
    json_ += kBegin;
    const std::size_t id_offset = json_.size();
    json_.append(kIdBytes, '0');
    json_ += R"(","properties":{"text":")";
    json_.append(offset + kMessageBytes - json_.size() - 3, 'x');
    json_ += "\"}}";
    messages_.push_back(
        {.offset = static_cast<std::uint32_t>(offset),
         .size_bytes = static_cast<std::uint32_t>(json_.size() - offset),
         .id_offset = static_cast<std::uint32_t>(id_offset),
         .id_size_bytes = kIdBytes});
  }
}

queue::Chunk ChunkMaker::Make(int caller, std::int64_t call) const {
  std::string json = json_;
  // Ids of 6, 12 and 6 digits: the making costs time that is measured.
  std::int64_t number = 0;
  for (const queue::Message& message : messages_) {
    char* const id = json.data() + message.id_offset;
    WriteDigits(caller, 6, id);
    WriteDigits(call, 12, id + 6);
    WriteDigits(number++, 6, id + 18);
  }
  return {.lane = "bench",
          .json = queue::Bytes(std::move(json)),
          .messages = messages_};
}

}  // namespace segrid::bench
