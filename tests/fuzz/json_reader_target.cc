// Any bytes as a webhook body: our reader, both engines, against simdjson's DOM
// and a plain judge.

#include "tests/fuzz/target.h"
#include "tests/testing/json_oracle.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  static auto& oracle = *new segrid::testing::JsonOracle();
  if (size > segrid::fuzz::kMaxInputBytes) return 0;
  segrid::fuzz::Expect(oracle.Compare(segrid::fuzz::AsText(data, size)));
  return 0;
}
