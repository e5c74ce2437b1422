#include "client/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace segrid {
namespace {

Error Refused() {
  Error error;
  error.code = ErrorCode::kPermissionDenied;
  error.message = "refused";
  return error;
}

TEST(Result, HoldsAValue) {
  Result<std::string> result(std::string("value"));
  EXPECT_TRUE(result.ok());
  EXPECT_TRUE(result);
  EXPECT_EQ(*result, "value");
  EXPECT_EQ(result->size(), 5u);
}

TEST(Result, HoldsAnError) {
  const Result<std::string> result(Refused());
  EXPECT_FALSE(result.ok());
  EXPECT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kPermissionDenied);
}

TEST(Result, GivesAwayAValueThatCannotBeCopied) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 7);
}

TEST(ResultDeathTest, EndsTheProcessWhenItHoldsTheOther) {
  const Result<int> good(1);
  const Result<int> bad(Refused());
  EXPECT_DEATH(static_cast<void>(good.error()), "is ok");
  EXPECT_DEATH(static_cast<void>(bad.value()), "PERMISSION_DENIED: refused");
}

}  // namespace
}  // namespace segrid
