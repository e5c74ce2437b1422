#include "bench/report/compare.h"

#include <string>

#include "bench/report/report.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/bench/report/sample_run.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

ResultFile FileOf(const RunResult& run) {
  const tests::ScratchDir directory;
  const auto file =
      ReadResultFile(directory.Write("run.json", JsonReport(run, {})));
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *file : ResultFile();
}

RunResult Slower() {
  RunResult run = SampleRun();
  run.elapsed_seconds *= 2;
  run.total.codes[kUnavailable] = 0;
  return run;
}

TEST(Compare, ReadsBackWhatTheReportWrote) {
  const ResultFile file = FileOf(SampleRun());
  EXPECT_EQ(file.schema, "segrid-bench/run/1");
  EXPECT_DOUBLE_EQ(file.figures.at("calls_per_second"), 500);
  EXPECT_DOUBLE_EQ(file.figures.at("errors"), 7);
}

TEST(Compare, TellsBetterFromWorse) {
  const auto comparison = Compare(FileOf(SampleRun()), FileOf(Slower()), {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->table, ContainsRegex("calls/s.*0\\.500.*worse"));
  EXPECT_THAT(comparison->table, ContainsRegex("errors.*0\\.000.*better"));
  EXPECT_THAT(comparison->table, ContainsRegex("p99 .*1\\.000.*equal"));
}

TEST(Compare, NamesSettingsThatDifferAndJudgesNothingThen) {
  RunResult other = Slower();
  other.settings = {{"server", "elsewhere:1"}, {"method", "forward"}};
  const auto comparison = Compare(FileOf(SampleRun()), FileOf(other), {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->differences,
              ContainsRegex("method +<transform> +forward"));
  EXPECT_EQ(comparison->differences.find("elsewhere"), std::string::npos);
  EXPECT_EQ(comparison->table.find("worse"), std::string::npos);
  EXPECT_EQ(comparison->table.find("better"), std::string::npos);
}

TEST(Compare, NamesNothingWhereSettingsAreTheSame) {
  const auto comparison = Compare(FileOf(SampleRun()), FileOf(Slower()), {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_EQ(comparison->differences, "");
}

TEST(Compare, DoesNotCallMoreCallsBetter) {
  RunResult more = SampleRun();
  more.total.codes[kOk] *= 2;
  const auto comparison = Compare(FileOf(SampleRun()), FileOf(more), {});
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_THAT(comparison->table, ContainsRegex("calls +2007 .*[0-9] *\n"));
}

TEST(Compare, JudgesTheRatio) {
  const auto half = ParseRatioExpectation("calls/s>=0.9");
  const auto same = ParseRatioExpectation("p99<1.1x");
  ASSERT_TRUE(half.ok() && same.ok());
  const auto comparison =
      Compare(FileOf(SampleRun()), FileOf(Slower()), {*half, *same});
  ASSERT_TRUE(comparison.ok());
  EXPECT_FALSE(comparison->verdicts[0].is_met);
  EXPECT_THAT(comparison->verdicts[0].text, HasSubstr("0.500"));
  EXPECT_TRUE(comparison->verdicts[1].is_met);
  EXPECT_FALSE(ParseRatioExpectation("p99<20ms").ok());
}

TEST(Compare, ComparesSuitesByWhatTheyMeasured) {
  const tests::ScratchDir directory;
  const auto suite = [&](const char* ratio) {
    return *ReadResultFile(directory.Write(
        "suite.json", std::string(R"({"schema":"segrid-bench/suite/1",)"
                                  R"("rows":[{"what":"a ÷ b","ratio":)") +
                          ratio + "}]}"));
  };
  const auto comparison = Compare(suite("0.8"), suite("0.9"), {});
  ASSERT_TRUE(comparison.ok());
  EXPECT_THAT(comparison->table, ContainsRegex("a ÷ b.*0\\.8.*0\\.9.*1\\.125"));
  EXPECT_FALSE(Compare(suite("1"), FileOf(SampleRun()), {}).ok());
}

TEST(Compare, NamesTheFileThatIsNoResult) {
  const tests::ScratchDir directory;
  for (const std::string& path :
       {directory.Path("missing.json"), directory.Write("a.json", "{"),
        directory.Write("b.json", R"({"schema":"other/1"})")}) {
    const auto file = ReadResultFile(path);
    EXPECT_FALSE(file.ok());
    EXPECT_THAT(std::string(file.status().message()), HasSubstr(path));
  }
}

}  // namespace
}  // namespace segrid::bench
