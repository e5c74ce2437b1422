// Whether what a file has as an event is JSON, as the server reads it.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/codec/event.h"
#include "core/codec/json_reader.h"

namespace segrid::cli {

// Reads events with the server's own reader. Thread safety: none; reuse it.
class EventCheck {
 public:
  // What is wrong with the JSON array `array`; "" when its reader takes it.
  std::string WhyNoArray(std::string_view array);

  // The same for one event whose first byte is the byte `byte` of a file: the
  // bytes in the message are those of the file.
  std::string WhyNoEvent(std::string_view event, std::int64_t byte);

 private:
  codec::JsonReader reader_;
  codec::Event event_;
  std::string array_;
};

}  // namespace segrid::cli
