#include "tests/testing/wire_oracle.h"

#include "core/codec/wire_reader.h"
#include "google/protobuf/io/coded_stream.h"
#include "tests/testing/event_dump.h"

namespace segrid::testing {
namespace {

// ReadWireEvent's limit, counted as the generated parsers count: sub-messages
// are a level, too.
constexpr int kOurDepth = 96;

bool ParseWithDepth(std::string_view bytes, int depth,
                    v1::SendGridEvent& event) {
  google::protobuf::io::CodedInputStream input(
      reinterpret_cast<const std::uint8_t*>(bytes.data()),
      static_cast<int>(bytes.size()));
  input.SetRecursionLimit(depth);
  return event.ParseFromCodedStream(&input) && input.ConsumedEntireMessage();
}

}  // namespace

std::string WireOracle::Compare(std::string_view bytes) {
  bytes = guarded_.AtEnd(bytes);
  accepted_ = codec::ReadWireEvent(bytes, event_);
  const bool generated_accepts =
      generated_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
  if (accepted_ && !generated_accepts) return "only ours accepts";
  if (!accepted_) {
    if (!generated_accepts || !ParseWithDepth(bytes, kOurDepth, generated_)) {
      return "";
    }
    return "only the generated class accepts";
  }
  const std::string seen = DumpEvent(event_, Args::kFolded);
  const std::string expected = DumpEvent(generated_);
  if (seen == expected) return "";
  return "not equal\n--- expected\n" + expected + "\n--- seen\n" + seen;
}

}  // namespace segrid::testing
