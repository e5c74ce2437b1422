#include "server/app/process.h"

#include <grpc/support/log.h>
#include <malloc.h>
#include <sys/resource.h>

#include <cstdlib>

#include "google/protobuf/stubs/logging.h"

namespace segrid::app {
namespace {

// As many as threads that compute at a time on a machine of usual size; more
// threads share them.
constexpr int kMaxArenas = 4;

}  // namespace

void TuneAllocator() {
  // Above the largest answer. Memory between calls stays bounded: a heap is
  // given back when its top is free for more than the second threshold.
  ::mallopt(M_MMAP_THRESHOLD, 32 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 64 << 20);
  // Each arena keeps a peak of its own, and the default is eight per core.
  ::mallopt(M_ARENA_MAX, kMaxArenas);
}

void RaiseDescriptorLimit() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
}

void QuietLibraries() {
  if (std::getenv("GRPC_VERBOSITY") != nullptr) return;
  google::protobuf::SetLogHandler(nullptr);
  ::gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace segrid::app
