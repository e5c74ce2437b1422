#include "server/metrics/exposition.h"

#include <charconv>
#include <cmath>
#include <system_error>

namespace segrid::metrics {
namespace {

constexpr std::array<std::string_view, 3> kTypes = {"counter", "gauge",
                                                    "histogram"};

void AppendNumber(std::string& out, double value) {
  if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
    return;
  }
  // Without exponents where that fits: people read it, too.
  std::array<char, 32> text;
  char* const end = text.data() + text.size();
  auto result =
      std::to_chars(text.data(), end, value, std::chars_format::fixed);
  if (result.ec != std::errc()) result = std::to_chars(text.data(), end, value);
  out.append(text.data(), result.ptr);
}

void AppendEscaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
}

// `{a="b",c="d"`, without its end; "" without labels.
std::string LabelText(const MetricRow& row, Exposition::Values values) {
  std::string text;
  std::size_t i = 0;
  for (const std::string_view value : values) {
    if (i == row.labels.size()) break;
    text.append(i == 0 ? "{" : ",").append(row.labels[i]).append("=\"");
    AppendEscaped(text, value);
    text.push_back('"');
    ++i;
  }
  return text;
}

}  // namespace

void Exposition::Add(std::size_t row, double value, Values labels) {
  const MetricRow& metric = kMetrics[row];
  std::string& out = samples_[row];
  const std::string text = LabelText(metric, labels);
  out.append(metric.name).append(text).append(text.empty() ? " " : "} ");
  AppendNumber(out, value);
  out.push_back('\n');
}

void Exposition::Add(std::size_t row, const HistogramFigures& figures,
                     Values labels) {
  const MetricRow& metric = kMetrics[row];
  std::string& out = samples_[row];
  const std::string text = LabelText(metric, labels);
  double sum = 0;
  for (std::size_t i = 0; i < figures.buckets.size(); ++i) {
    sum += static_cast<double>(figures.buckets[i]);
    out.append(metric.name).append("_bucket").append(text);
    out.append(text.empty() ? "{le=\"" : ",le=\"");
    AppendNumber(out, i < kBounds.size() ? kBounds[i] : INFINITY);
    out.append("\"} ");
    AppendNumber(out, sum);
    out.push_back('\n');
  }
  const std::string_view end = text.empty() ? " " : "} ";
  out.append(metric.name).append("_sum").append(text).append(end);
  AppendNumber(out, figures.sum_seconds);
  out.append("\n").append(metric.name).append("_count");
  out.append(text).append(end);
  AppendNumber(out, sum);
  out.push_back('\n');
}

std::string Exposition::Text() const {
  std::string text;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (samples_[i].empty()) continue;
    const MetricRow& row = kMetrics[i];
    text.append("# HELP ").append(row.name).append(" ").append(row.help);
    text.append("\n# TYPE ").append(row.name).append(" ");
    text.append(kTypes[static_cast<std::size_t>(row.type)]).append("\n");
    text.append(samples_[i]);
  }
  return text;
}

}  // namespace segrid::metrics
