#include "server/metrics/metric_table.h"

#include <map>
#include <regex>
#include <set>
#include <string>

#include "gtest/gtest.h"
#include "server/metrics/exposition.h"

namespace segrid::metrics {
namespace {

TEST(MetricTable, FollowsTheRulesForNames) {
  const std::regex name("(segrid|process|grpc_server)_[a-z0-9_]+");
  const std::regex label("[a-z_]+");
  std::set<std::string_view> names;
  for (const MetricRow& row : kMetrics) {
    const std::string text(row.name);
    EXPECT_TRUE(std::regex_match(text, name)) << text;
    EXPECT_TRUE(names.insert(row.name).second) << text << " stands twice";
    EXPECT_EQ(row.name.ends_with("_total"), row.type == Type::kCounter) << text;
    if (row.type == Type::kHistogram) {
      EXPECT_TRUE(row.name.ends_with("_seconds")) << text;
    }
    EXPECT_TRUE(row.help.ends_with(".")) << text;
    for (std::size_t i = 0; i < LabelCount(row); ++i) {
      const std::string each(row.labels[i]);
      EXPECT_TRUE(std::regex_match(each, label)) << text << " " << each;
      EXPECT_NE(each, "le");
    }
  }
}

// A metric's samples must not be named as another metric is, also not with the
// names that OpenMetrics has.
TEST(MetricTable, GivesEachNameOfASampleToOneMetric) {
  std::map<std::string, std::string_view> owners;
  for (const MetricRow& row : kMetrics) {
    const std::string family(FamilyOf(row));
    std::set<std::string> names = {family, std::string(row.name)};
    if (row.type == Type::kCounter) names.insert(family + "_created");
    if (row.type == Type::kHistogram) {
      for (const char* suffix : {"_bucket", "_sum", "_count", "_created"}) {
        names.insert(family + suffix);
      }
    }
    for (const std::string& name : names) {
      EXPECT_EQ(owners.try_emplace(name, row.name).first->second, row.name)
          << name;
    }
    EXPECT_EQ(row.help.find_first_of("\\\"\n"), std::string_view::npos)
        << row.name << " has a character that the formats escape differently";
  }
}

TEST(MetricTable, KnowsFamiliesAndUnits) {
  const struct {
    std::size_t row;
    std::string_view family;
    std::string_view unit;
  } kRows[] = {
      {Row("segrid_build_info"), "segrid_build", ""},
      {Row("segrid_ready"), "segrid_ready", ""},
      {Row("segrid_reloads_total"), "segrid_reloads", ""},
      {Row("process_cpu_seconds_total"), "process_cpu_seconds", "seconds"},
      {Row("segrid_queue_bytes"), "segrid_queue_bytes", "bytes"},
      {Row("segrid_bytes_in_flight"), "segrid_bytes_in_flight", ""},
      {Row("segrid_http_request_seconds"), "segrid_http_request_seconds",
       "seconds"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(FamilyOf(kMetrics[row.row]), row.family);
    EXPECT_EQ(UnitOf(kMetrics[row.row]), row.unit);
    EXPECT_EQ(IsInfo(kMetrics[row.row]), row.family == "segrid_build");
  }
}

TEST(Exposition, WritesOpenMetrics) {
  Histogram histogram;
  histogram.Observe(absl::Seconds(2));
  Exposition out(TextFormat::kOpenMetrics);
  EXPECT_EQ(out.Text(), "# EOF\n");
  out.Add(Row("segrid_http_request_seconds"), histogram.Figures(), {"http"});
  out.Add(Row("segrid_build_info"), 1, {"1.0"});
  out.Add(Row("process_cpu_seconds_total"), 0.5);
  const std::string text = out.Text();
  EXPECT_EQ(
      text.substr(0, text.find("segrid_http_request_seconds_bucket")),
      "# HELP segrid_build Always 1; the version is the label.\n"
      "# TYPE segrid_build info\n"
      "segrid_build_info{version=\"1.0\"} 1\n"
      "# HELP process_cpu_seconds Processor time of the process.\n"
      "# TYPE process_cpu_seconds counter\n"
      "# UNIT process_cpu_seconds seconds\n"
      "process_cpu_seconds_total 0.5\n"
      "# HELP segrid_http_request_seconds From a request's head to the end of "
      "its answer.\n"
      "# TYPE segrid_http_request_seconds histogram\n"
      "# UNIT segrid_http_request_seconds seconds\n");
  for (const char* line : {"_bucket{listener=\"http\",le=\"0.5\"} 0\n",
                           "_bucket{listener=\"http\",le=\"1.0\"} 0\n",
                           "_bucket{listener=\"http\",le=\"2.5\"} 1\n",
                           "_bucket{listener=\"http\",le=\"600.0\"} 1\n",
                           "_bucket{listener=\"http\",le=\"+Inf\"} 1\n",
                           "_sum{listener=\"http\"} 2\n",
                           "_count{listener=\"http\"} 1\n# EOF\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Exposition, WritesTheTextFormat) {
  Exposition out;
  out.Add(Row("segrid_queue_pending"), 3, {"b"});
  out.Add(Row("segrid_build_info"), 1, {"1 \"x\" \\ \n"});
  out.Add(Row("segrid_queue_pending"), 0.25, {"a"});
  EXPECT_EQ(out.Text(),
            "# HELP segrid_build_info Always 1; the version is the label.\n"
            "# TYPE segrid_build_info gauge\n"
            "segrid_build_info{version=\"1 \\\"x\\\" \\\\ \\n\"} 1\n"
            "# HELP segrid_queue_pending Tracks that wait for their delivery.\n"
            "# TYPE segrid_queue_pending gauge\n"
            "segrid_queue_pending{source=\"b\"} 3\n"
            "segrid_queue_pending{source=\"a\"} 0.25\n");
}

TEST(Exposition, WritesHistogramsCumulatively) {
  Histogram histogram;
  histogram.Observe(absl::Microseconds(100));  // The first bound, included.
  histogram.Observe(absl::Milliseconds(30), 2);
  histogram.Observe(absl::Hours(1));
  Exposition out;
  out.Add(Row("segrid_http_request_seconds"), histogram.Figures(), {"http"});
  const std::string text = out.Text();
  const std::string name = "segrid_http_request_seconds";
  for (const std::string& line :
       {name + "_bucket{listener=\"http\",le=\"0.0001\"} 1\n",
        name + "_bucket{listener=\"http\",le=\"0.025\"} 1\n",
        name + "_bucket{listener=\"http\",le=\"0.05\"} 3\n",
        name + "_bucket{listener=\"http\",le=\"600\"} 3\n",
        name + "_bucket{listener=\"http\",le=\"+Inf\"} 4\n",
        name + "_sum{listener=\"http\"} 3600.06",
        name + "_count{listener=\"http\"} 4\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
}

TEST(Histogram, TellsQuantiles) {
  Histogram histogram;
  EXPECT_EQ(histogram.Figures().Quantile(0.5), 0);
  histogram.Observe(absl::Milliseconds(7), 90);    // Of 5 to 10 ms.
  histogram.Observe(absl::Milliseconds(700), 10);  // Of 0.5 to 1 s.
  const HistogramFigures figures = histogram.Figures();
  EXPECT_NEAR(figures.Quantile(0.45), 0.0075, 1e-9);
  EXPECT_NEAR(figures.Quantile(0.95), 0.75, 1e-9);
  EXPECT_EQ(figures.count(), 100);
}

TEST(Histogram, ShowsWhatWasBetweenTwoMoments) {
  Histogram histogram;
  histogram.Observe(absl::Seconds(1));
  const HistogramFigures before = histogram.Figures();
  histogram.Observe(absl::Milliseconds(1), 5);
  HistogramFigures since = histogram.Figures();
  since -= before;
  EXPECT_EQ(since.count(), 5);
  EXPECT_NEAR(since.sum_seconds, 0.005, 1e-6);
}

}  // namespace
}  // namespace segrid::metrics
