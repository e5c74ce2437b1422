#include "core/base/thread_name.h"

#include <pthread.h>

#include <cstddef>

namespace segrid::base {
namespace {

constexpr std::size_t kMaxBytes = 15;  // The kernel keeps no more.

}  // namespace

void NameThread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, kMaxBytes).c_str());
}

}  // namespace segrid::base
