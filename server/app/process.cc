#include "server/app/process.h"

#include <grpc/support/log.h>

#include <cstdlib>

#include "google/protobuf/stubs/logging.h"

namespace segrid::app {

void QuietLibraries() {
  if (std::getenv("GRPC_VERBOSITY") != nullptr) return;
  google::protobuf::SetLogHandler(nullptr);
  ::gpr_set_log_function([](gpr_log_func_args*) {});
}

}  // namespace segrid::app
