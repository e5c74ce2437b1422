// What a suite measures: one row each, with the goals of the project.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "bench/load/method.h"

namespace segrid::bench {

// Transform against the raw echo of as many bytes both ways.
struct EchoCase {
  Input input;
  Output output;
  std::int32_t events;
  std::int32_t connections;
  std::int32_t concurrency;
  double goal;  // Calls/s ÷ calls/s of the echo.
};

inline constexpr std::array<EchoCase, 8> kEchoCases = {{
    {Input::kJson, Output::kBatch, 1, 4, 32, 0.90},
    {Input::kJson, Output::kBatch, 10, 4, 32, 0.75},
    {Input::kJson, Output::kBatch, 100, 4, 16, 0.65},
    {Input::kJson, Output::kBatch, 1000, 4, 8, 0.90},
    {Input::kTyped, Output::kTracks, 1, 4, 32, 0.90},
    {Input::kTyped, Output::kTracks, 10, 4, 32, 0.75},
    {Input::kTyped, Output::kTracks, 100, 4, 16, 0.65},
    {Input::kTyped, Output::kTracks, 1000, 4, 8, 0.90},
}};

// TransformStream against Transform, one event per message.
struct StreamCase {
  std::int32_t concurrency = 64;
  double goal = 2;  // Messages/s ÷ calls/s.
};

// The server's memory under load.
struct MemoryCase {
  std::int32_t connections = 8;
  std::int32_t events = 100;
  std::int32_t concurrency = 16;
  double rss_goal_bytes = 60.0 * 1024 * 1024;
  double growth_goal = 1.05;  // At the end ÷ after a tenth of the time.
};

// Two micro benches by their names in Google Benchmark's JSON, compared by
// items per second. Goal 0: none, the ratio is for information.
struct MicroCase {
  std::string_view what;
  std::string_view numerator;
  std::string_view denominator;
  double goal;
};

// clang-format off
inline constexpr std::array kMicroCases = {
    MicroCase{"JSON → JSON ÷ simdjson DOM parse alone, 100 events", "BM_JsonToJson/100", "BM_SimdjsonDomParse/100", 0.70},
    MicroCase{"JSON → JSON ÷ simdjson DOM parse alone, 1000 events", "BM_JsonToJson/1000", "BM_SimdjsonDomParse/1000", 0.70},
    MicroCase{"wire → wire ÷ generated classes on the heap", "BM_WireToWire/100", "BM_GeneratedHeapToWire/100", 8},
    MicroCase{"wire → wire ÷ generated classes, messages reused", "BM_WireToWire/100", "BM_GeneratedReusedToWire/100", 4},
    MicroCase{"wire → JSON ÷ generated classes on the heap", "BM_WireToJson/100", "BM_GeneratedHeapToJson/100", 4},
    MicroCase{"wire → JSON ÷ generated classes, messages reused", "BM_WireToJson/100", "BM_GeneratedReusedToJson/100", 0},
    MicroCase{"JSON → JSON, 1 event ÷ 100 events", "BM_JsonToJson/1", "BM_JsonToJson/100", 0},
    MicroCase{"JSON → JSON, 10000 events ÷ 100 events", "BM_JsonToJson/10000", "BM_JsonToJson/100", 0},
};
// clang-format on

}  // namespace segrid::bench
