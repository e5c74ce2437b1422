// A value, or the Error that stands in its place.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <variant>

#include "client/error.h"

namespace segrid {

// Holds a T or an Error; ask ok() before taking either:
//
//   segrid::Result<segrid::v1::TransformResponse> answer = client.Transform(…);
//   if (!answer.ok()) return Complain(answer.error());
//   Use(answer->tracks());
//
// Taking what it does not hold is a bug of the caller and ends the process.
// Ownership: holds its contents by value. Thread safety: as a plain value.
template <typename T>
class [[nodiscard]] Result {
 public:
  // Implicit, so that `return value;` and `return error;` are enough.
  // NOLINTBEGIN(google-explicit-constructor)
  Result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  Result(Error error) : held_(std::in_place_index<1>, std::move(error)) {}
  // NOLINTEND(google-explicit-constructor)

  bool ok() const { return held_.index() == 0; }
  explicit operator bool() const { return ok(); }

  // The value. Requires ok().
  const T& value() const& { return Value(*this); }
  T& value() & { return Value(*this); }
  T&& value() && { return std::move(Value(*this)); }
  const T& operator*() const& { return value(); }
  T& operator*() & { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  const T* operator->() const { return &value(); }
  T* operator->() { return &value(); }

  // The error. Requires !ok().
  const Error& error() const& {
    if (ok()) Die("error() of a segrid::Result that is ok");
    return *std::get_if<1>(&held_);
  }
  Error&& error() && {
    if (ok()) Die("error() of a segrid::Result that is ok");
    return std::move(*std::get_if<1>(&held_));
  }

 private:
  template <typename Self>
  static auto& Value(Self& self) {
    if (!self.ok()) Die(self.error().ToString().c_str());
    return *std::get_if<0>(&self.held_);
  }

  [[noreturn]] static void Die(const char* why) {
    std::fprintf(stderr, "segrid: wrong use of a Result: %s\n", why);
    std::abort();
  }

  std::variant<T, Error> held_;
};

}  // namespace segrid
