// How often this process asked for memory. Only in a test binary that links
// tests_allocations, which takes the place of malloc.

#pragma once

#include <cstdint>

namespace segrid::testing {

// Calls of malloc, calloc, realloc, aligned_alloc, operator new and the like
// since the start, by all code in the process, libraries included.
std::int64_t AllocationCount();

}  // namespace segrid::testing
