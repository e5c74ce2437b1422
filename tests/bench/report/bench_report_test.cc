#include <regex>
#include <string>

#include "bench/report/report.h"
#include "bench/report/run_plots.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simdjson.h"
#include "tests/bench/report/sample_run.h"

namespace segrid::bench {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<Verdict> kVerdicts = {{true, "p50<1ms, found 250 us"},
                                        {false, "max<1s, found 1.50 s"}};

TEST(TableReport, ShowsFiguresStepsCodesAndVerdicts) {
  const std::string table = TableReport(SampleRun(), kVerdicts);
  EXPECT_THAT(table, ContainsRegex("per second +500 /s +50\\.0 k/s"));
  EXPECT_THAT(table, ContainsRegex("1\\.00 k/s +500 /s +7 "));
  EXPECT_THAT(table, ContainsRegex("UNAVAILABLE +7"));
  EXPECT_THAT(table, HasSubstr("first error: UNAVAILABLE: <gone>"));
  EXPECT_THAT(table, ContainsRegex("server \\(pid 4711\\) +0\\.80 cores"));
  EXPECT_THAT(table, HasSubstr("met      p50<1ms"));
  EXPECT_THAT(table, HasSubstr("NOT MET  max<1s"));
}

TEST(JsonReport, IsJsonWithEverythingInBaseUnits) {
  const std::string text = JsonReport(SampleRun(), kVerdicts);
  simdjson::dom::parser parser;
  const simdjson::dom::element json = parser.parse(text);
  EXPECT_EQ(std::string_view(json["schema"]), "segrid-bench/run/1");
  EXPECT_DOUBLE_EQ(double(json["metrics"]["calls_per_second"]), 500);
  EXPECT_NEAR(double(json["metrics"]["max_seconds"]), 1.5, 1e-9);
  EXPECT_EQ(std::int64_t(json["codes"]["UNAVAILABLE"]), 7);
  EXPECT_EQ(simdjson::dom::array(json["steps"]).size(), 2U);
  EXPECT_EQ(simdjson::dom::array(json["timeline"]).size(), 40U);
  EXPECT_EQ(bool(json["expectations"].at(1)["met"]), false);
  std::int64_t in_histogram = 0;
  for (const auto bucket : simdjson::dom::array(json["histogram_ns"])) {
    in_histogram += std::int64_t(bucket.at(1));
  }
  EXPECT_EQ(in_histogram, SampleRun().total.latency.count());
}

TEST(HtmlReport, LoadsNothingAndRunsNothing) {
  const std::string html = HtmlReport(SampleRun(), kVerdicts);
  EXPECT_THAT(html, Not(ContainsRegex("https?:")));
  for (const char* loads : {"<script", "<link", "<img", "<iframe", "@import",
                            "url(", "src=", "href=", "<object", "javascript"}) {
    EXPECT_THAT(html, Not(HasSubstr(loads)));
  }
}

TEST(RunPlots, LeaveOutAnIntervalThatIsCutShort) {
  RunResult run = SampleRun();
  const std::vector<Plot> whole = RunPlots(run);
  Slice part = run.slices.back();
  part.at_seconds += 0.02;
  part.seconds = 0.02;
  run.slices.push_back(part);
  const std::vector<Plot> plots = RunPlots(run);
  ASSERT_EQ(plots.size(), whole.size());
  for (std::size_t i = 0; i < plots.size(); ++i) {
    for (std::size_t j = 0; j < plots[i].lines.size(); ++j) {
      EXPECT_EQ(plots[i].lines[j].points, whole[i].lines[j].points)
          << plots[i].title;
    }
  }
}

TEST(HtmlReport, HasThePlotsInLightAndDark) {
  const std::string html = HtmlReport(SampleRun(), kVerdicts);
  for (const char* title :
       {"Latency by percentile", "Latency over time", "Throughput over time",
        "Latency by rate", "CPU", "Memory of the server"}) {
    EXPECT_THAT(html, HasSubstr(std::string("<figcaption>") + title));
  }
  EXPECT_THAT(html, HasSubstr("prefers-color-scheme:dark"));
  EXPECT_THAT(html, Not(ContainsRegex("[^a-z](nan|inf)[^a-z]")));
}

TEST(HtmlReport, EscapesWhatItShows) {
  const std::string html = HtmlReport(SampleRun(), kVerdicts);
  EXPECT_THAT(html, HasSubstr("&lt;gone&gt;"));
  EXPECT_THAT(html, Not(HasSubstr("<gone>")));
  EXPECT_THAT(html, HasSubstr("&lt;transform&gt;"));
}

TEST(HtmlReport, ClosesWhatItOpens) {
  const std::string html = HtmlReport(SampleRun(), kVerdicts);
  for (const char* tag : {"figure", "svg", "section", "table", "tr", "td", "p",
                          "div", "circle", "text", "style", "body"}) {
    const auto count = [&](const std::string& pattern) {
      const std::regex regex(pattern);
      return std::distance(
          std::sregex_iterator(html.begin(), html.end(), regex),
          std::sregex_iterator());
    };
    EXPECT_EQ(count(std::string("<") + tag + "[ >]"),
              count(std::string("</") + tag + ">"))
        << tag;
  }
}

TEST(HtmlReport, ShowsARunInWhichNothingSucceeded) {
  const std::string html = HtmlReport(RunResult(), {});
  EXPECT_THAT(html, HasSubstr("Nothing was measured."));
}

TEST(ProgressLine, SaysHowFarAndHowFast) {
  Progress progress;
  progress.seconds = 2.5;
  progress.total_seconds = 10;
  progress.last = {.seconds = 0.5, .calls = 100, .events = 10'000};
  progress.errors = 3;
  EXPECT_THAT(
      ProgressLine(progress),
      ContainsRegex("2\\.5s/10s +200 /s calls +20\\.0 k/s events.*errors 3"));
}

TEST(WriteReport, NamesThePathThatCannotBeWritten) {
  const absl::Status status = WriteReport("/nonexistent/report.json", "{}");
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/nonexistent/report.json"));
}

}  // namespace
}  // namespace segrid::bench
