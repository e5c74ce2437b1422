// Any bytes as a webhook body through the whole transform, on four ways.

#include "tests/fuzz/target.h"
#include "tests/testing/four_ways.h"
#include "tests/testing/options_maker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static auto& ways = *new segrid::testing::FourWays();
  if (size > segrid::fuzz::kMaxInputBytes) return 0;
  const std::string_view body = segrid::fuzz::AsText(data, size);
  segrid::testing::Random random(segrid::fuzz::HashOf(body));
  segrid::fuzz::Expect(
      ways.Compare(body, segrid::testing::RandomOptions(random)));
  return 0;
}
