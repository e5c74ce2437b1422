#include "core/base/cpu_features.h"

#include <cstdlib>

#include "absl/strings/str_split.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace segrid::base {
namespace {

#if defined(__x86_64__)

bool HasShaNi() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  constexpr unsigned kSsse3AndSse41 = 1u << 9 | 1u << 19;
  if (__get_cpuid(1, &a, &b, &c, &d) == 0) return false;
  if ((c & kSsse3AndSse41) != kSsse3AndSse41) return false;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b >> 29 & 1) != 0;
}

CpuFeatures Detect() {
  return {.sha_ni = HasShaNi(),
          .avx512 = __builtin_cpu_supports("avx512f") != 0 &&
                    __builtin_cpu_supports("avx512bw") != 0};
}

#else

CpuFeatures Detect() { return {}; }

#endif

}  // namespace

CpuFeatures Without(CpuFeatures features, std::string_view names) {
  for (const absl::string_view name :
       absl::StrSplit(absl::string_view(names.data(), names.size()), ',')) {
    if (name == "sha_ni") features.sha_ni = false;
    if (name == "avx512") features.avx512 = false;
  }
  return features;
}

const CpuFeatures& GetCpuFeatures() {
  static const CpuFeatures features = [] {
    const char* const without = std::getenv("SEGRID_CPU_WITHOUT");
    return Without(Detect(), without == nullptr ? "" : without);
  }();
  return features;
}

}  // namespace segrid::base
