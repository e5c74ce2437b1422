// The two templates of Session, for its source files only.

#pragma once

#include <memory>
#include <utility>

#include "server/http/session.h"

namespace segrid::httpd {

template <typename F>
void Session::WithStream(F f) {
  if (tls_) {
    f(*tls_);
  } else {
    f(*plain_);
  }
}

template <typename F>
auto Session::Then(F f) {
  return [self = shared_from_this(), f = std::move(f)](const ErrorCode& error,
                                                       std::size_t bytes) {
    if (!self->closed_) f(*self, error, bytes);
  };
}

}  // namespace segrid::httpd
