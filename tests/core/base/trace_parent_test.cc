#include "core/base/trace_parent.h"

#include <string>

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

constexpr char kTrace[] = "0af7651916cd43dd8448eb211c80319c";
constexpr char kGood[] =
    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

TEST(TraceParent, ReadsWhatItWrites) {
  const auto trace = ParseTraceParent(kGood);
  ASSERT_TRUE(trace.has_value());
  EXPECT_TRUE(trace->sampled);
  EXPECT_EQ(ToHeader(*trace), kGood);
  EXPECT_EQ(TraceIdText(*trace), kTrace);
}

TEST(TraceParent, KeepsOnlyTheFlagThatItKnows) {
  const std::string head = std::string(kGood).substr(0, 53);
  for (const auto& [flags, sampled] :
       {std::pair("00", false), std::pair("01", true), std::pair("02", false),
        std::pair("ff", true)}) {
    const auto trace = ParseTraceParent(head + flags);
    ASSERT_TRUE(trace.has_value()) << flags;
    EXPECT_EQ(trace->sampled, sampled) << flags;
    EXPECT_EQ(ToHeader(*trace), head + (sampled ? "01" : "00"));
  }
}

TEST(TraceParent, RefusesWhatTheStandardRefuses) {
  const std::string good = kGood;
  const auto with = [&good](std::size_t at, std::string_view text) {
    return std::string(good).replace(at, text.size(), text);
  };
  const std::string cases[] = {
      "",
      "00",
      good.substr(0, 54),
      good + "-",
      good + "-x",
      good + " ",
      with(0, "ff"),
      with(0, "0g"),
      with(2, "_"),
      with(35, "0"),
      with(52, "1"),
      with(3, "0AF7"),                 // Upper case.
      with(3, std::string(32, '0')),   // No trace.
      with(36, std::string(16, '0')),  // No span.
      with(40, "-"),
      with(53, "1-"),
      with(10, "ada@example.com"),
      with(10, std::string("\0", 1)),
  };
  for (const std::string& header : cases) {
    EXPECT_FALSE(ParseTraceParent(header).has_value()) << header;
  }
}

TEST(TraceParent, ReadsLaterVersionsAsFarAsItKnowsThem) {
  const std::string later = "cc" + std::string(kGood).substr(2);
  EXPECT_TRUE(ParseTraceParent(later).has_value());
  EXPECT_TRUE(ParseTraceParent(later + "-what-else").has_value());
  EXPECT_FALSE(ParseTraceParent(later + ".what-else").has_value());
}

TEST(TraceParent, AChildHasTheTraceAndAnotherSpan) {
  const TraceParent trace = *ParseTraceParent(kGood);
  EXPECT_EQ(ToHeader(WithSpan(trace, 0x0102030405060708)),
            "00-0af7651916cd43dd8448eb211c80319c-0102030405060708-01");
  EXPECT_NE(RandomSpanId(), 0u);
  EXPECT_NE(RandomSpanId(), RandomSpanId());
}

}  // namespace
}  // namespace segrid::base
