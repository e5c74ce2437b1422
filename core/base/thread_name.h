// Names of threads, for operators: ps -L, top -H and debuggers show them.

#pragma once

#include <string>

namespace segrid::base {

// Names the calling thread; the system keeps the first 15 bytes.
// ARCHITECTURE.md lists the names. Thread safety: any thread. Blocking: never.
void NameThread(const std::string& name);

}  // namespace segrid::base
