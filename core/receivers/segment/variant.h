// The receivers that speak Segment's batch API: THE table of how they differ.
// A row is added for each; what no column says is as Segment does it.

#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "core/receivers/receiver.h"
#include "core/receivers/segment/response.h"

namespace segrid::receivers::segment {

// The sign by which a 2xx says whether it has taken every message.
enum class Success : std::uint8_t {
  kStatus,       // The status alone.
  kOkAndErrors,  // `ok` and `errors` in the body: see partial_success.h.
};

struct Variant {
  std::string_view name;  // As in the configuration's `receiver`.
  std::string_view us;    // Base URL of region us; empty: there is none.
  std::string_view eu;
  Limits limits;
  Success success = Success::kStatus;
  WebPages web_pages = WebPages::kHoldTheSource;
  // Tracks say `originalTimestamp` and `channel` too.
  bool original_timestamp = false;
  bool is_exact_url = false;  // The endpoint's path is not added to.
  std::uint64_t max_answer_bytes = 64 << 10;  // So much of a 2xx is read.
};

// Segment takes 500 KB and 2,500 messages, and 32 KB a message: above the
// second it answers 200 and drops events silently, so we stay below. The
// batch's braces and sentAt take 64 of 475,000 bytes.
inline constexpr Limits kSegmentLimits = {.max_batch_messages = 2'500,
                                          .max_batch_bytes = 475'000 - 64,
                                          .max_message_bytes = 32'000};

// All of them but the last take POST <base>/v1/batch with Basic
// authentication, the write key being the user.
inline constexpr std::array<Variant, 6> kVariants = {{
    {.name = "segment",
     .us = "https://api.segment.io",
     .eu = "https://events.eu1.segmentapis.com",
     .limits = kSegmentLimits},
    // Answers 413 from 4,000 KiB on; has no servers but its users' own. It puts
    // the time of receipt in place of a missing `originalTimestamp`, and some
    // of its destinations read only that.
    {.name = "rudderstack",
     .us = "",
     .eu = "",
     .limits = {.max_batch_messages = 2'500,
                .max_batch_bytes = 3'500'000,
                .max_message_bytes = 32'000},
     .original_timestamp = true},
    // Answers 200 and a line for each message that it did not take.
    {.name = "jitsu",
     .us = "",
     .eu = "",
     .limits = kSegmentLimits,
     .success = Success::kOkAndErrors,
     .max_answer_bytes = 2 << 20},
    {.name = "hightouch",
     .us = "https://us-east-1.hightouch-events.com",
     .eu = "",
     .limits = kSegmentLimits},
    {.name = "customerio",
     .us = "https://cdp.customer.io",
     .eu = "https://cdp-eu.customer.io",
     .limits = kSegmentLimits},
    // Any endpoint, posted to as it is: the configuration says the form, the
    // limits and the headers. A page is as good an answer as another.
    {.name = "http",
     .us = "",
     .eu = "",
     .limits = kSegmentLimits,
     .web_pages = WebPages::kAreTaken,
     .is_exact_url = true},
}};

// The row of a name, or null. Static storage.
constexpr const Variant* FindVariant(std::string_view name) {
  for (const Variant& variant : kVariants) {
    if (variant.name == name) return &variant;
  }
  return nullptr;
}

}  // namespace segrid::receivers::segment
