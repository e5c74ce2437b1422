#include "bench/report/expect.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/report/sample_run.h"

namespace segrid::bench {
namespace {

using ::testing::HasSubstr;
using Op = Expectation::Op;

TEST(Expect, ReadsMetricComparisonValueAndUnit) {
  struct Case {
    const char* text;
    const char* metric;
    Op op;
    double value;
  };
  for (const Case& row : {
           Case{"p99<20ms", "p99", Op::kLess, 0.02},
           Case{" p99.9 <= 1.5 s ", "p99.9", Op::kLessEqual, 1.5},
           Case{"p50<250us", "p50", Op::kLess, 250e-6},
           Case{"max!=3ns", "max", Op::kNot, 3e-9},
           Case{"calls/s>=50k", "calls/s", Op::kGreaterEqual, 50e3},
           Case{"events/s>5M", "events/s", Op::kGreater, 5e6},
           Case{"errors=0", "errors", Op::kEqual, 0},
           Case{"errors==0", "errors", Op::kEqual, 0},
           Case{"error share<0.1%", "error share", Op::kLess, 0.001},
           Case{"server rss<60MiB", "server rss", Op::kLess, 60 * 1048576.0},
           Case{"bytes/s>1GB", "bytes/s", Op::kGreater, 1e9},
           Case{"p99_seconds<1s", "p99", Op::kLess, 1},
       }) {
    const auto parsed = ParseExpectation(row.text);
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(parsed->metric->name, row.metric) << row.text;
    EXPECT_EQ(parsed->op, row.op) << row.text;
    EXPECT_DOUBLE_EQ(parsed->value, row.value) << row.text;
    EXPECT_EQ(parsed->text, row.text);
  }
}

TEST(Expect, SaysWhatIsWrong) {
  struct Case {
    const char* text;
    const char* why;
  };
  for (const Case& row : {
           Case{"p99", "no comparison"},
           Case{"p98<1ms", "no metric 'p98'"},
           Case{"p99<20", "the unit '' does not fit; one of: ns, us"},
           Case{"p99<20MB", "does not fit"},
           Case{"p99<", "not a number"},
           Case{"p99<fastms", "not a number"},
           Case{"errors=0ms", "does not fit"},
           Case{"p99!1ms", "none of <"},
           Case{"", "no comparison"},
       }) {
    const auto parsed = ParseExpectation(row.text);
    ASSERT_FALSE(parsed.ok()) << row.text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr(row.why));
  }
}

TEST(Expect, HoldsOrNot) {
  struct Case {
    Op op;
    bool below, equal, above;
  };
  for (const Case& row : {
           Case{Op::kLess, true, false, false},
           Case{Op::kLessEqual, true, true, false},
           Case{Op::kGreater, false, false, true},
           Case{Op::kGreaterEqual, false, true, true},
           Case{Op::kEqual, false, true, false},
           Case{Op::kNot, true, false, true},
       }) {
    const Expectation expectation{
        .text = "", .metric = nullptr, .op = row.op, .value = 5};
    EXPECT_EQ(expectation.Holds(4), row.below);
    EXPECT_EQ(expectation.Holds(5), row.equal);
    EXPECT_EQ(expectation.Holds(6), row.above);
  }
}

std::vector<Verdict> Verdicts(const RunResult& run,
                              std::initializer_list<const char*> texts) {
  std::vector<Expectation> expectations;
  for (const char* text : texts) {
    expectations.push_back(*ParseExpectation(text));
  }
  return Judge(expectations, run);
}

TEST(Expect, JudgesARun) {
  const auto verdicts =
      Verdicts(SampleRun(), {"p50<1ms", "max<1s", "errors=0", "calls/s>=500"});
  ASSERT_EQ(verdicts.size(), 4U);
  EXPECT_TRUE(verdicts[0].is_met);
  EXPECT_FALSE(verdicts[1].is_met);
  EXPECT_FALSE(verdicts[2].is_met);
  EXPECT_EQ(verdicts[2].text, "errors=0, found 7");
  EXPECT_TRUE(verdicts[3].is_met);
}

TEST(Expect, FailsWhatWasNotMeasured) {
  const auto verdicts = Verdicts(RunResult(), {"p99<10s", "server rss<1GiB"});
  ASSERT_EQ(verdicts.size(), 2U);
  EXPECT_FALSE(verdicts[0].is_met);
  EXPECT_FALSE(verdicts[1].is_met);
  EXPECT_THAT(verdicts[0].text, HasSubstr("not measured"));
}

}  // namespace
}  // namespace segrid::bench
