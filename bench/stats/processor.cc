#include "bench/stats/processor.h"

#include <fstream>
#include <iterator>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace segrid::bench {
namespace {

// The value of the first line that begins with `key`.
std::string FirstOf(std::string_view cpuinfo, const char* key) {
  for (absl::string_view line : absl::StrSplit(
           absl::string_view(cpuinfo.data(), cpuinfo.size()), '\n')) {
    if (!absl::ConsumePrefix(&line, key)) continue;
    const std::size_t colon = line.find(':');
    if (colon == absl::string_view::npos) continue;
    return std::string(absl::StripAsciiWhitespace(line.substr(colon + 1)));
  }
  return "";
}

bool Has(const std::string& flags, const char* flag) {
  for (const absl::string_view each : absl::StrSplit(flags, ' ')) {
    if (each == flag) return true;
  }
  return false;
}

std::string Instructions(const char* name, bool has, bool usable) {
  if (!has) return absl::StrCat(", no ", name);
  return absl::StrCat(", ", name, usable ? "" : " switched off");
}

}  // namespace

std::string DescribeProcessor(std::string_view cpuinfo, unsigned cores,
                              const base::CpuFeatures& usable) {
  const std::string model = FirstOf(cpuinfo, "model name");
  const std::string flags = FirstOf(cpuinfo, "flags");
  return absl::StrCat(
      model.empty() ? "unknown processor" : model, ", ", cores,
      cores == 1 ? " core" : " cores",
      Instructions("SHA-NI", Has(flags, "sha_ni"), usable.sha_ni),
      Instructions("AVX2", Has(flags, "avx2"), true),
      Instructions("AVX-512", Has(flags, "avx512bw"), usable.avx512));
}

std::string Processor() {
  std::ifstream file("/proc/cpuinfo");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return DescribeProcessor(text, std::thread::hardware_concurrency(),
                           base::GetCpuFeatures());
}

}  // namespace segrid::bench
