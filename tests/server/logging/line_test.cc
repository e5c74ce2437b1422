#include "server/logging/line.h"

#include <string>

#include "gtest/gtest.h"

namespace segrid::logging {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'767'225'600'042);

TEST(JsonLine, HasTimeLevelMessageAndFields) {
  EXPECT_EQ(FormatJson({kTime,
                        Level::kWarning,
                        "it rains",
                        {{"where", std::string("here")},
                         {"drops", std::int64_t{-7}},
                         {"wet", true}}}),
            R"({"time":"2026-01-01T00:00:00.042Z","level":"warning",)"
            R"("message":"it rains","where":"here","drops":-7,"wet":true})");
}

TEST(JsonLine, IsJsonWhateverTheTextIs) {
  EXPECT_EQ(FormatJson({kTime,
                        Level::kInfo,
                        "m",
                        {{"text", std::string("a\"b\\c\nd\x01\xC3\xA9")},
                         {"bytes", std::string("\xFFx")}}}),
            R"({"time":"2026-01-01T00:00:00.042Z","level":"info",)"
            R"("message":"m","text":"a\"b\\c\u000ad\u0001é","bytes":"?x"})");
}

TEST(JsonLine, SaysHowManyLinesAreMissing) {
  const std::string line =
      FormatJson({kTime, Level::kInfo, "m", {}, /*suppressed=*/12});
  EXPECT_NE(line.find(R"(,"suppressed":12})"), std::string::npos);
}

TEST(TextLine, IsForPeople) {
  EXPECT_EQ(FormatText({kTime,
                        Level::kError,
                        "it rains",
                        {{"where", std::string("over there")},
                         {"drops", std::int64_t{7}},
                         {"who", std::string("me")}}}),
            "2026-01-01T00:00:00.042Z ERROR   it rains  where=\"over there\" "
            "drops=7 who=me");
}

TEST(TextLine, IsOneLine) {
  const std::string line =
      FormatText({kTime, Level::kInfo, "m", {{"text", std::string("a\nb")}}});
  EXPECT_EQ(line.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace segrid::logging
