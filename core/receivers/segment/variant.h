// The receivers that speak Segment's batch API: THE table of how they differ.
// A row is added for each; what no column says is as Segment does it.

#pragma once

#include <array>
#include <string_view>

#include "core/receivers/receiver.h"

namespace segrid::receivers::segment {

struct Variant {
  std::string_view name;  // As in the configuration's `receiver`.
  std::string_view us;    // Base URL of region us; empty: there is none.
  std::string_view eu;
  Limits limits;
};

// Segment takes 500 KB and 2,500 messages, and 32 KB a message: above the
// second it answers 200 and drops events silently, so we stay below. The
// batch's braces and sentAt take 64 of 475,000 bytes.
inline constexpr std::array<Variant, 1> kVariants = {{
    {.name = "segment",
     .us = "https://api.segment.io",
     .eu = "https://events.eu1.segmentapis.com",
     .limits = {.max_batch_messages = 2'500,
                .max_batch_bytes = 475'000 - 64,
                .max_message_bytes = 32'000}},
}};

// The row of a name, or null. Static storage.
constexpr const Variant* FindVariant(std::string_view name) {
  for (const Variant& variant : kVariants) {
    if (variant.name == name) return &variant;
  }
  return nullptr;
}

}  // namespace segrid::receivers::segment
