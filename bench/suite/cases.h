// What a suite measures: one row each, with the goals of the project.

#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "bench/load/method.h"
#include "bench/stats/metric_catalog.h"

namespace segrid::bench {

// TransformStream against Transform, one event per message.
struct StreamCase {
  std::int32_t concurrency = 64;
  double goal = 2;  // Messages/s ÷ calls/s.
};

// Forward, whose OK means durable, against Transform.
struct ForwardCase {
  std::int32_t events = 100;
  std::int32_t connections = 8;
  std::int32_t concurrency = 16;
  double goal = 0.4;
};

// The server's memory under load.
struct MemoryCase {
  std::int32_t connections = 8;
  std::int32_t events = 100;
  std::int32_t concurrency = 16;
  double rss_goal_bytes = 60.0 * 1024 * 1024;
  double growth_goal = 1.05;  // At the end ÷ after a tenth of the time,
  absl::Duration growth_duration = absl::Minutes(10);  // when it is this long.
};

// Capacity of a server that may use all cores ÷ one that has a single core.
struct CoresCase {
  Method method;
  double goal;  // On two cores.
  std::int32_t events = 100;
  std::int32_t connections = 4;
  std::int32_t concurrency = 16;
};

inline constexpr std::array<CoresCase, 2> kCoresCases = {
    {{Method::kTransform, 1.8}, {Method::kForward, 1.6}}};

// Figures of micro benches by their names, see MicroFigures. No baseline: the
// figure is judged alone.
struct MicroCase {
  std::string_view what;
  std::string_view figure;
  std::string_view baseline = "";
  std::optional<double> goal = {};  // Nothing: for information.
  Unit unit = Unit::kPerSecond;
  bool goal_is_ceiling = false;
  bool is_at_most_one = false;  // See SuiteRow.
};

// clang-format off
inline constexpr std::array kMicroCases = {
    MicroCase{"JSON → JSON ÷ simdjson DOM, parse alone, 100 events", "BM_JsonToJson/100", "BM_SimdjsonDomParse/100", 0.70},
    MicroCase{"JSON → JSON ÷ simdjson DOM, parse alone, 1,000 events", "BM_JsonToJson/1000", "BM_SimdjsonDomParse/1000", 0.70},
    MicroCase{"wire → wire ÷ generated classes on the heap", "BM_WireToWire/100", "BM_GeneratedHeapToWire/100", 8},
    MicroCase{"wire → wire ÷ generated classes, messages reused", "BM_WireToWire/100", "BM_GeneratedReusedToWire/100", 4},
    MicroCase{"wire → JSON ÷ generated classes on the heap", "BM_WireToJson/100", "BM_GeneratedHeapToJson/100", 4},
    MicroCase{"wire → JSON ÷ generated classes, messages reused", "BM_WireToJson/100", "BM_GeneratedReusedToJson/100"},
    MicroCase{"in-process Transform ÷ codecs directly, 100 events", "BM_PipelineTransform/100", "BM_CodecsDirectly/100", 0.95},
    MicroCase{"in-process Transform ÷ codecs directly, 1,000 events", "BM_PipelineTransform/1000", "BM_CodecsDirectly/1000", 0.95},
    MicroCase{"in-process Transform, 2 threads ÷ 1 thread", "BM_PipelineThreads/100/real_time/threads:2", "BM_PipelineThreads/100/real_time/threads:1"},
    MicroCase{"JSON → JSON ÷ Node, 100 events, per CPU-second", "BM_JsonToJsonFile/100", "NodeJsonToJson/100", 25},
    MicroCase{"JSON → JSON, events/s at 1 event ÷ at 100", "BM_JsonToJson/1", "BM_JsonToJson/100"},
    MicroCase{"JSON → JSON, events/s at 10 events ÷ at 100", "BM_JsonToJson/10", "BM_JsonToJson/100", 0.90},
    MicroCase{"JSON → JSON, events/s at 10,000 events ÷ at 100", "BM_JsonToJson/10000", "BM_JsonToJson/100", 0.80},
    MicroCase{"wire → wire, events/s at 10,000 events ÷ at 100", "BM_WireToWire/10000", "BM_WireToWire/100", 0.80},
    MicroCase{"200 custom arguments sent ÷ 10, input bytes/s", "BM_JsonToJsonCustomArgs/100/200 bytes", "BM_JsonToJsonCustomArgs/100/10 bytes", 0.80, Unit::kBytesPerSecond},
    MicroCase{"200 custom arguments ignored ÷ none, input bytes/s", "BM_JsonToJsonIgnoredArgs/100/200 bytes", "BM_JsonToJsonIgnoredArgs/100/0 bytes", 0.80, Unit::kBytesPerSecond},
    MicroCase{"allocations per event, JSON → JSON", "JsonToJsonAllocations/100 allocations", "", 0, Unit::kCount, true},
    MicroCase{"allocations per event, JSON → wire", "JsonToWireAllocations/100 allocations", "", 0, Unit::kCount, true},
    MicroCase{"allocations per event, wire → wire", "WireToWireAllocations/100 allocations", "", 0, Unit::kCount, true},
    MicroCase{"allocations per event, wire → JSON", "WireToJsonAllocations/100 allocations", "", 0, Unit::kCount, true},
};

// Rows of segrid-queue-bench (64 callers, deduplication on), of
// segrid-delivery-bench and of segrid-warehouse-bench (1,000 Tracks a batch).
inline constexpr std::array kQueueCases = {
    MicroCase{"durable appends ÷ raw log, 1 event per call", "QueueAppend/1", "RawLogAppend/1", 0.65},
    MicroCase{"durable appends ÷ raw log, 10 events per call", "QueueAppend/10", "RawLogAppend/10", 0.50},
    MicroCase{"durable appends ÷ raw log, 100 events per call", "QueueAppend/100", "RawLogAppend/100", 0.60},
    MicroCase{"durable append, p99 ÷ raw log's, 1 event", "QueueAppend/1 p99", "RawLogAppend/1 p99", 3, Unit::kSeconds, true},
    MicroCase{"durable append, p99 ÷ raw log's, 10 events", "QueueAppend/10 p99", "RawLogAppend/10 p99", 3, Unit::kSeconds, true},
    MicroCase{"durable append, p99 ÷ raw log's, 100 events", "QueueAppend/100 p99", "RawLogAppend/100 p99", 3, Unit::kSeconds, true},
    MicroCase{"delivery ÷ a client that only sends, TLS, per CPU-second", "BM_DeliveryTls/process_time", "BM_OnlySendsTls/process_time", 0.70, Unit::kPerSecond, false, true},
    MicroCase{"delivery ÷ a client that only sends, TLS + gzip, per CPU-second", "BM_DeliveryTlsGzip/process_time", "BM_OnlySendsTlsGzip/process_time", 0.70, Unit::kPerSecond, false, true},
    MicroCase{"load into PostgreSQL ÷ a bare binary COPY, rows/s", "BM_PostgresLoad/iterations:60/real_time", "BM_PostgresBareCopy/iterations:60/real_time", 0.50},
    MicroCase{"load into SQLite ÷ bare prepared statements, rows/s", "BM_SqliteLoad/iterations:60/real_time", "BM_SqliteBareInserts/iterations:60/real_time", 0.50},
    MicroCase{"write amplification of the queue, 10 events per call", "QueueAppend/10 write amplification", "", 1.5, Unit::kRatio, true},
    MicroCase{"memory of the queue, 1,000,000 events pending", "QueuePending rss", "", 200.0 * 1024 * 1024, Unit::kBytes, true},
    MicroCase{"opening the queue, 1,000,000 events pending", "QueuePending open", "", 1, Unit::kSeconds, true},
};

// Of segrid-client-bench.
inline constexpr std::array kClientCases = {
    MicroCase{"CPU of a client's Forward ÷ the generated stub's, 100 events", "BM_ClientBesideStub/100/real_time cpu", "BM_ClientBesideStub/100/real_time stub cpu", 1.05, Unit::kSeconds, true},
    MicroCase{"single events, 8 threads, batched ÷ an RPC each, durable", "BM_BatchedEvents/real_time", "BM_SingleEvents/real_time/threads:8", 20},
    MicroCase{"embedded Transform ÷ a channel within the process, 1 event", "BM_EmbeddedTransform/real_time", "BM_InProcessChannel/real_time", 50},
};
// clang-format on

}  // namespace segrid::bench
