// Any bytes as a typed request through the transform, to both outputs.

#include "google/protobuf/stubs/logging.h"
#include "tests/fuzz/target.h"
#include "tests/testing/four_ways.h"
#include "tests/testing/options_maker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static auto& ways = *new segrid::testing::FourWays();
  if (size > segrid::fuzz::kMaxInputBytes) return 0;
  const std::string_view request = segrid::fuzz::AsText(data, size);
  const google::protobuf::LogSilencer silence;
  segrid::testing::Random random(segrid::fuzz::HashOf(request));
  segrid::fuzz::Expect(
      ways.CompareTyped(request, segrid::testing::RandomOptions(random)));
  return 0;
}
