#include "core/config/interpolate.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

Environment Everything() {
  return FakeEnvironment(
      {{"A", "1"}, {"_b2", "two"}, {"NESTED", "${A}"}, {"DOLLAR", "$"}},
      {{"/f", "content\n"},
       {"/windows", "content\r\n"},
       {"/lines", "one\ntwo\n\n"},
       {"rel ative", "x"},
       {"/large", std::string(kMaxInterpolatedBytes + 1, 'x')}});
}

TEST(Interpolate, PutsVariablesAndFilesIn) {
  const struct {
    std::string text;
    std::string want;
  } kCases[] = {
      {"", ""},
      {"plain", "plain"},
      {"${A}", "1"},
      {"<${A}${_b2}>", "<1two>"},
      {"${file:/f}", "content"},
      {"${file:/windows}", "content"},
      {"${file:/lines}", "one\ntwo"},
      {"${file:rel ative}", "x"},
      {"$A $ {A} $", "$A $ {A} $"},
      {"$${A}", "${A}"},
      {"$${${A}}", "${1}"},
      {"$$${A}", "$${A}"},
      {"${NESTED}", "${A}"},
      {"${DOLLAR}${A}", "$1"},
  };
  for (const auto& [text, want] : kCases) {
    const auto got = Interpolate(text, Everything());
    ASSERT_TRUE(got.ok()) << text << got.status();
    EXPECT_EQ(*got, want) << text;
  }
}

TEST(Interpolate, RefusesWhatItCannotPutIn) {
  for (const std::string text :
       {"${B}", "${}", "${", "${A", "${1A}", "${A B}", "${A:-x}", "${file:}",
        "${file:/none}", "${file:/large}", "x${A}${B}"}) {
    EXPECT_EQ(Interpolate(text, Everything()).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(Interpolate, IsBounded) {
  std::string text;
  for (int i = 0; i < 40'000; ++i) text += "${_b2}";
  EXPECT_FALSE(Interpolate(text, Everything()).ok());
}

TEST(Interpolate, IsFoundWhereItHappens) {
  for (const std::string text : {"${A}", "x${A}", "$${x} ${A}"}) {
    EXPECT_TRUE(HasInterpolation(text)) << text;
  }
  for (const std::string text : {"", "$A", "{A}", "$${A}", "a$"}) {
    EXPECT_FALSE(HasInterpolation(text)) << text;
  }
}

}  // namespace
}  // namespace segrid::config
