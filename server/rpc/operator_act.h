// An act of an operator, for the log.

#pragma once

#include <cstdint>
#include <string>

namespace segrid::rpc {

// An act that was done, for the log.
struct OperatorAct {
  enum class Kind : std::uint8_t {
    kPause,
    kResume,
    kReplay,
    kPurge,
    kDrop,
    kErase,
    kReload,
    kDrain,
  };
  Kind kind = Kind::kPause;
  std::string source{};  // Empty: of no source.
  // Who did it: see auth::Authorizer::Describe. Empty: nobody had to say.
  std::string by{};
  std::int64_t pending = 0;       // kDrop, kErase.
  std::int64_t dead_letters = 0;  // kReplay, kPurge, kDrop, kErase.
};

}  // namespace segrid::rpc
