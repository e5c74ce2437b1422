// Any bytes as a SendGridEvent: our reader against the generated class.

#include "tests/fuzz/target.h"
#include "tests/testing/wire_oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static auto& oracle = *new segrid::testing::WireOracle();
  if (size > segrid::fuzz::kMaxInputBytes) return 0;
  segrid::fuzz::Expect(oracle.Compare(segrid::fuzz::AsText(data, size)));
  return 0;
}
