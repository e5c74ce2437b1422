#include "client/stream.h"

#include "client/internal/error_from_status.h"

namespace segrid {

Error ErrorOf(const rpc::v1::Status& status) {
  return internal::ErrorFromStatus(status);
}

}  // namespace segrid
