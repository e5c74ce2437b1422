#include "core/base/trace_parent.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
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

TEST(TraceState, IsPassedOnWithoutItsWhiteSpace) {
  const std::string longest = "a=" + std::string(256, 'x');
  std::string members;
  for (int i = 0; i < 32; ++i) members += absl::StrCat("k", i, "=v,");
  members.pop_back();
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {" , ,", ""},
      {"rojo=00f067aa0ba902b7", "rojo=00f067aa0ba902b7"},
      {"rojo=1 ,\t congo=t61rcWkgMzE,", "rojo=1,congo=t61rcWkgMzE"},
      {"fw529a3039@dt=FfAd1S;x y!", "fw529a3039@dt=FfAd1S;x y!"},
      {"0tenant/1-_*@s=v", "0tenant/1-_*@s=v"},
      {longest, longest},
      {members, members},
  };
  for (const auto& [header, state] : cases) {
    EXPECT_EQ(ParseTraceState(header), state) << header;
  }
}

TEST(TraceState, IsDroppedWholeWhenAnyOfItIsWrong) {
  std::string too_many;
  for (int i = 0; i < 33; ++i) too_many += absl::StrCat("k", i, "=v,");
  const std::string cases[] = {
      "rojo",
      "=v",
      "rojo=",
      "Rojo=1",
      "_rojo=1",
      "ro jo=1",
      "good=1,bad",
      "a=1,a=2",
      "a=b=c",
      "a=\x01",
      "a=\xC3\xA4",
      "ada@example.com",
      too_many,
      "a=1\r\nX: y",
      "a=" + std::string(257, 'x'),
      std::string(257, 'a') + "=1",
  };
  for (const std::string& header : cases) {
    EXPECT_EQ(ParseTraceState(header), "") << header;
  }
}

TEST(TraceState, IsCutAtWholeMembersWhenItIsTooLong) {
  const auto member = [](char key, std::size_t bytes) {
    return std::string(1, key) + "=" + std::string(bytes - 2, 'x');
  };
  const std::string fits = member('a', 255) + "," + member('b', 256);
  EXPECT_EQ(fits.size(), kMaxTraceStateBytes);
  EXPECT_EQ(ParseTraceState(fits), fits);
  EXPECT_EQ(ParseTraceState(fits + ",c=1"), fits);
  const std::string longer = member('a', 258) + "," + member('b', 258) + ",c=1";
  EXPECT_EQ(ParseTraceState(longer), member('a', 258) + ",c=1");
}

TEST(TraceParent, AChildHasTheTraceAndAnotherSpan) {
  const TraceParent trace = *ParseTraceParent(kGood);
  TraceParent stated = trace;
  stated.state = "rojo=1";
  EXPECT_EQ(WithSpan(stated, 1).state, "rojo=1");
  EXPECT_EQ(ToHeader(WithSpan(trace, 0x0102030405060708)),
            "00-0af7651916cd43dd8448eb211c80319c-0102030405060708-01");
  EXPECT_NE(RandomSpanId(), 0u);
  EXPECT_NE(RandomSpanId(), RandomSpanId());
}

}  // namespace
}  // namespace segrid::base
