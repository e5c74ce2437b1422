// What the webhook's door is measured against: see
// bench/baseline/webhook_pair.mjs.

#pragma once

#include <array>

#include "bench/suite/cases.h"

namespace segrid::bench {

// clang-format off
inline constexpr std::array kWebhookCases = {
    MicroCase{"webhook, signed and durable ÷ Node webhook, per CPU-second", "WebhookDurable/100", "NodeWebhook/100", 10},
    MicroCase{"webhook, signed and durable, p99 ÷ Node webhook's", "WebhookDurable/100 p99", "NodeWebhook/100 p99", 1, Unit::kSeconds, true},
};
// clang-format on

}  // namespace segrid::bench
