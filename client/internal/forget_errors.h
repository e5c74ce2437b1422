// Keeps OpenSSL's errors of a piece of code to itself.

#pragma once

#include <openssl/err.h>

namespace segrid::internal {

// The errors of a thread stay until somebody reads them, which would be gRPC:
// those of this object's life are forgotten at its end.
class ForgetErrors {
 public:
  ForgetErrors() { ERR_set_mark(); }
  ~ForgetErrors() { ERR_pop_to_mark(); }
  ForgetErrors(const ForgetErrors&) = delete;
  ForgetErrors& operator=(const ForgetErrors&) = delete;
};

}  // namespace segrid::internal
