// Our wire reader against the generated class.

#pragma once

#include <string>
#include <string_view>

#include "core/codec/event.h"
#include "google/protobuf/stubs/logging.h"
#include "segrid/v1/sendgrid_event.pb.h"
#include "tests/testing/guarded_bytes.h"

namespace segrid::testing {

// Compares what the two make of the bytes of one SendGridEvent after the other.
// Not thread-safe.
class WireOracle {
 public:
  // Messages over this size abort the test.
  static constexpr std::size_t kMaxMessageBytes = 1 << 20;

  // What is wrong, or "": both accept or both refuse the bytes, every field,
  // member, item and custom argument is equal, and no byte beside the message
  // is read. Groups may be nested a few levels less deep in ours.
  std::string Compare(std::string_view bytes);

  // Whether the last message was accepted.
  bool accepted() const { return accepted_; }

 private:
  google::protobuf::LogSilencer silence_;  // About texts that are not UTF-8.
  codec::Event event_;
  v1::SendGridEvent generated_;
  GuardedBytes guarded_{kMaxMessageBytes};
  bool accepted_ = false;
};

}  // namespace segrid::testing
