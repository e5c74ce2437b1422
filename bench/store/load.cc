#include "bench/store/load.h"

#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <mutex>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace segrid::bench::store {
namespace {

constexpr std::string_view kBefore = R"({"type":"track","messageId":")";

// What the Tracks of one campaign share, as in the corpus.
constexpr std::string_view kMiddle =
    R"(","event":"Email Link Clicked","timestamp":"2026-06-09T18:19:12.000Z",)"
    R"("properties":{"email_type":"Singlesend","template_id":)"
    R"("d-355ddad6c0d24d4f8a3f2d1c5c0e2f10","test_phase":false,)"
    R"("unsubscribe_group_id":42,"link_url":)"
    R"("https://shop.example.com/june?utm_source=mail&utm_campaign=june",)"
    R"("categories":["news","june"],"campaign_name":"June news",)"
    R"("campaign_id":"fc59bd25-5cb1-11ec-a05d-f2509ce774e9"},"context":)"
    R"({"library":{"name":"segrid","version":"0.1.0"},"traits":{"email":")";
constexpr std::string_view kAfter =
    R"(@example.com","ip":"203.0.113.9","user_agent":"Mozilla/5.0"}}})";

// 64 hex digits that look like a hash.
void AppendHash(std::string& text, std::uint64_t seed) {
  for (int i = 0; i < 4; ++i) {
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    absl::StrAppend(&text, absl::Hex(seed, absl::kZeroPad16));
  }
}

absl::Duration ProcessorTime() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return absl::DurationFromTimeval(usage.ru_utime) +
         absl::DurationFromTimeval(usage.ru_stime);
}

}  // namespace

queue::Chunk MakeChunk(int caller, std::int64_t call, int events) {
  std::string json;
  json.reserve(static_cast<std::size_t>(events) * 700);
  queue::Chunk chunk{.lane = "prod"};
  for (int i = 0; i < events; ++i) {
    if (i > 0) json += ',';
    const auto begin = static_cast<std::uint32_t>(json.size());
    const std::uint64_t seed = (static_cast<std::uint64_t>(caller) << 40 |
                                static_cast<std::uint64_t>(call) << 12 |
                                static_cast<std::uint64_t>(i)) *
                                   0x9E3779B97F4A7C15u +
                               1;
    json += kBefore;
    const auto id = static_cast<std::uint32_t>(json.size());
    absl::StrAppend(&json, absl::Hex(seed, absl::kZeroPad16), "-",
                    absl::Hex(call, absl::kZeroPad8), "-", caller);
    const auto id_end = static_cast<std::uint32_t>(json.size());
    json += R"(","anonymousId":")";
    AppendHash(json, seed);
    json += kMiddle;
    absl::StrAppend(&json, "user", absl::Hex(seed, absl::kZeroPad16));
    json += kAfter;
    chunk.messages.push_back({begin,
                              static_cast<std::uint32_t>(json.size()) - begin,
                              id, id_end - id});
  }
  chunk.json = queue::Bytes(std::move(json));
  return chunk;
}

std::int64_t WrittenBytes() {
  std::ifstream file("/proc/self/io");
  std::string word;
  std::int64_t value = 0;
  while (file >> word >> value) {
    if (word == "write_bytes:") return value;
  }
  return 0;
}

LoadResult RunLoad(const LoadOptions& options,
                   const std::function<void(queue::Chunk chunk)>& append) {
  LoadResult result;
  std::mutex mu;
  std::vector<absl::Duration> latencies;
  std::vector<std::thread> callers;
  const std::int64_t written = WrittenBytes();
  const absl::Duration processor = ProcessorTime();
  const absl::Time start = absl::Now();
  const absl::Time end = start + options.duration;
  for (int caller = 0; caller < options.callers; ++caller) {
    callers.emplace_back([&, caller] {
      std::vector<absl::Duration> mine;
      std::int64_t bytes = 0;
      for (std::int64_t call = 0; absl::Now() < end; ++call) {
        queue::Chunk chunk = MakeChunk(caller, call, options.events_per_call);
        bytes += static_cast<std::int64_t>(chunk.json.size());
        const absl::Time before = absl::Now();
        append(std::move(chunk));
        mine.push_back(absl::Now() - before);
      }
      const std::lock_guard lock(mu);
      latencies.insert(latencies.end(), mine.begin(), mine.end());
      result.payload_bytes += bytes;
    });
  }
  for (std::thread& caller : callers) caller.join();
  const absl::Duration took = absl::Now() - start;
  result.processor_per_event =
      (ProcessorTime() - processor) /
      (static_cast<std::int64_t>(latencies.size()) * options.events_per_call);
  result.written_bytes = WrittenBytes() - written;
  std::sort(latencies.begin(), latencies.end());
  result.p50 = latencies[latencies.size() / 2];
  result.p99 = latencies[latencies.size() * 99 / 100];
  result.events_per_second = static_cast<double>(latencies.size()) *
                             options.events_per_call /
                             absl::ToDoubleSeconds(took);
  return result;
}

}  // namespace segrid::bench::store
