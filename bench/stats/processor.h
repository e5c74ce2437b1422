// The processor that a figure belongs to.

#pragma once

#include <string>
#include <string_view>

#include "core/base/cpu_features.h"

namespace segrid::bench {

// `AMD EPYC, 2 cores, SHA-NI, AVX2, AVX-512`, from the text of /proc/cpuinfo;
// instructions that it lacks are named as `no …`, those of `usable` that are
// switched off as `… switched off`.
std::string DescribeProcessor(std::string_view cpuinfo, unsigned cores,
                              const base::CpuFeatures& usable);

// The processor of this machine as this process sees it. Reads /proc/cpuinfo.
std::string Processor();

}  // namespace segrid::bench
