#include "client/error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

namespace segrid {
namespace {

TEST(ErrorCode, HasTheNamesAndNumbersOfGrpc) {
  constexpr std::string_view kNames[] = {"CANCELLED",
                                         "UNKNOWN",
                                         "INVALID_ARGUMENT",
                                         "DEADLINE_EXCEEDED",
                                         "NOT_FOUND",
                                         "ALREADY_EXISTS",
                                         "PERMISSION_DENIED",
                                         "RESOURCE_EXHAUSTED",
                                         "FAILED_PRECONDITION",
                                         "ABORTED",
                                         "OUT_OF_RANGE",
                                         "UNIMPLEMENTED",
                                         "INTERNAL",
                                         "UNAVAILABLE",
                                         "DATA_LOSS",
                                         "UNAUTHENTICATED"};
  int number = 1;
  for (const std::string_view name : kNames) {
    EXPECT_EQ(Name(static_cast<ErrorCode>(number)), name);
    ++number;
  }
}

TEST(Error, TellsTheFirstEventThatAViolationNames) {
  const struct {
    std::vector<FieldViolation> violations;
    std::optional<std::int32_t> index;
  } kCases[] = {
      {{}, std::nullopt},
      {{{"events[3].email", ""}}, 3},
      {{{"source", ""}, {"events[0]", ""}, {"events[7]", ""}}, 0},
      {{{"events[2147483647].email", ""}}, 2147483647},
      {{{"events[2147483648].email", ""}}, std::nullopt},
      {{{"events[].email", ""}}, std::nullopt},
      {{{"events[12", ""}}, std::nullopt},
      {{{"events[x]", ""}}, std::nullopt},
      {{{"sources[1]", ""}}, std::nullopt},
  };
  for (const auto& test : kCases) {
    Error error;
    error.field_violations = test.violations;
    EXPECT_EQ(error.EventIndex(), test.index)
        << (test.violations.empty() ? "none" : test.violations[0].field);
  }
}

TEST(Error, PrintsCodeReasonAndMessageInOneLine) {
  Error error;
  error.code = ErrorCode::kNotFound;
  error.message = "no source 'x'";
  EXPECT_EQ(error.ToString(), "NOT_FOUND: no source 'x'");
  error.reason = "UNKNOWN_SOURCE";
  std::ostringstream out;
  out << error;
  EXPECT_EQ(out.str(), "NOT_FOUND (UNKNOWN_SOURCE): no source 'x'");
}

}  // namespace
}  // namespace segrid
