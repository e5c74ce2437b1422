// Instructions of this processor for which we have code of our own.

#pragma once

#include <string_view>

namespace segrid::base {

struct CpuFeatures {
  bool sha_ni = false;  // SHA-256, with SSE4.1 for the bytes' order.
  bool avx512 = false;  // F and BW: vectors of 512 bits, also of bytes.
};

// `features` without those that `names` lists, separated by commas: `sha_ni`,
// `avx512`. Other names change nothing.
CpuFeatures Without(CpuFeatures features, std::string_view names);

// The features of this processor, without those that the environment variable
// SEGRID_CPU_WITHOUT lists, so that one machine shows how others do. Found out
// at the first call. Any thread.
const CpuFeatures& GetCpuFeatures();

}  // namespace segrid::base
