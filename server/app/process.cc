#include "server/app/process.h"

#include <cstdlib>

#include "google/protobuf/stubs/logging.h"
#include "server/app/grpc_handshakes.h"

namespace segrid::app {

void QuietLibraries() {
  HearGrpcLog();
  if (std::getenv("GRPC_VERBOSITY") != nullptr) return;
  google::protobuf::SetLogHandler(nullptr);
}

}  // namespace segrid::app
