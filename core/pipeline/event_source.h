// The events of a batch, whatever its form.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "core/codec/event.h"
#include "core/codec/json_reader.h"
#include "core/codec/wire.h"
#include "core/pipeline/batch.h"

namespace segrid::pipeline {

// Reads the events of one batch after the other. Thread safety: none; one user
// at a time. The steady state allocates nothing.
// Errors: as listed at BridgeService: INVALID_JSON, NOT_AN_ARRAY,
// MALFORMED_REQUEST, TOO_MANY_EVENTS. What was read before is then void.
class EventSource {
 public:
  enum class Step { kEvent, kNotAnObject, kEnd, kError };

  // Starts to read a batch of at most `max_events` (0: no limit).
  absl::Status Open(const Input& input, std::int32_t max_events);

  // Reads the next event into event().
  Step Next();

  // The event that was read; valid until the next call. The caller may convert
  // its values in place.
  codec::Event& event() { return event_; }
  // Number of elements read so far, objects or not.
  std::int32_t count() const { return count_; }
  // Values that were not as SendGrid posts them and were set right while they
  // were read: texts with bytes that are no UTF-8.
  std::int32_t coerced() const {
    return form_ == Input::Form::kWebhookJson ? json_.repaired_strings() : 0;
  }
  // What went wrong; OK unless Next() returned kError.
  const absl::Status& status() const { return status_; }

  // Gives back memory that an unusually large batch has left behind.
  void Shrink();

 private:
  Step NextTyped();
  Step Fail(std::string_view message);
  bool AtLimit();

  codec::JsonReader json_;
  codec::WireReader wire_{std::string_view()};
  codec::Event event_;
  Input::Form form_ = Input::Form::kWebhookJson;
  std::int32_t max_events_ = 0;
  std::int32_t count_ = 0;
  absl::Status status_;
};

}  // namespace segrid::pipeline
