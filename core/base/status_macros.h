// Early return on an error. Lives in .cc files only.

#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Returns the status of `expression` from the enclosing function unless it is
// OK.
#define SEGRID_RETURN_IF_ERROR(expression)                                  \
  do {                                                                      \
    if (absl::Status segrid_status_ = (expression); !segrid_status_.ok()) { \
      return segrid_status_;                                                \
    }                                                                       \
  } while (false)

#define SEGRID_CONCAT_INNER_(a, b) a##b
#define SEGRID_CONCAT_(a, b) SEGRID_CONCAT_INNER_(a, b)

// Evaluates `expression`, a StatusOr: returns its status from the enclosing
// function, or moves its value into `declaration`.
#define SEGRID_ASSIGN_OR_RETURN(declaration, expression)                     \
  SEGRID_ASSIGN_OR_RETURN_INNER_(SEGRID_CONCAT_(segrid_statusor_, __LINE__), \
                                 declaration, expression)
#define SEGRID_ASSIGN_OR_RETURN_INNER_(holder, declaration, expression) \
  auto holder = (expression);                                           \
  if (!holder.ok()) return std::move(holder).status();                  \
  declaration = *std::move(holder)
