// The rows of the webhook beside its baselines: bench/baseline/webhook_pair.mjs
// and, end to end, bench/alternatives.

#pragma once

#include <array>

#include "bench/suite/cases.h"

namespace segrid::bench {

// clang-format off
inline constexpr std::array kWebhookCases = {
    MicroCase{"webhook, signed and durable ÷ Node webhook, per CPU-second", "WebhookDurable/100", "NodeWebhook/100", 10},
    MicroCase{"webhook, signed and durable, p99 ÷ Node webhook's", "WebhookDurable/100 p99", "NodeWebhook/100 p99", 1, Unit::kSeconds, true},
};

inline constexpr std::array kAlternativeCases = {
    MicroCase{"end to end ÷ a Node service of the official packages, per CPU-second", "SegridEndToEnd/100", "NodeService/100", 10},
    MicroCase{"end to end ÷ the same with a queue in SQLite, per CPU-second", "SegridEndToEnd/100", "NodeSqliteService/100"},
    MicroCase{"end to end ÷ a Python service (aiohttp), per CPU-second", "SegridEndToEnd/100", "PythonService/100", 10},
    MicroCase{"p99 at 70 % of the Node service's peak ÷ its own", "SegridBesideNodeService/100 p99", "NodeService/100 p99", 1, Unit::kSeconds, true},
    MicroCase{"p99 at 70 % of the peak of the one with SQLite ÷ its own", "SegridBesideNodeSqliteService/100 p99", "NodeSqliteService/100 p99", 1, Unit::kSeconds, true},
    MicroCase{"p99 at 70 % of the Python service's peak ÷ its own", "SegridBesidePythonService/100 p99", "PythonService/100 p99", 1, Unit::kSeconds, true},
};

// Rows of bench/overload.py and bench/scaling.py.
inline constexpr std::array kLimitCases = {
    MicroCase{"Forward, goodput under 5 × its peak ÷ the peak", "ForwardOverload", "ForwardPeak", 0.80},
    MicroCase{"ForwardStream, goodput under 5 × its peak ÷ the peak", "ForwardStreamOverload", "ForwardStreamPeak", 0.80},
    MicroCase{"webhook, goodput under 5 × its peak ÷ the peak", "WebhookOverload", "WebhookPeak", 0.80},
    MicroCase{"Forward, p99 of accepted calls under 5 × the peak ÷ at 70 %", "ForwardOverload p99", "ForwardPeak p99", 3, Unit::kSeconds, true},
    MicroCase{"ForwardStream, p99 of accepted calls under 5 × the peak ÷ at 70 %", "ForwardStreamOverload p99", "ForwardStreamPeak p99", 3, Unit::kSeconds, true},
    MicroCase{"webhook, p99 of accepted posts under 5 × the peak ÷ at 70 %", "WebhookOverload p99", "WebhookPeak p99", 3, Unit::kSeconds, true},
    MicroCase{"CPU time of a Track to one of 100 sources ÷ to a single source", "FanOut/100 cpu", "FanOut/1 cpu", 1.2, Unit::kSeconds, true},
    MicroCase{"CPU time of an idle second, 1,000 sources", "IdleSources/1000 cpu", "", 0.01, Unit::kSeconds, true},
};
// clang-format on

}  // namespace segrid::bench
