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

// The upper bound of a bucket as the value of `le`. OpenMetrics writes whole
// numbers as 1.0.
void AppendBound(std::string& out, double bound, TextFormat format) {
  AppendNumber(out, bound);
  if (format == TextFormat::kOpenMetrics && !std::isinf(bound) &&
      bound == std::trunc(bound)) {
    out.append(".0");
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

void AppendComment(std::string& out, std::string_view keyword,
                   std::string_view name, std::string_view text) {
  out.append("# ").append(keyword).append(" ").append(name);
  out.append(" ").append(text).append("\n");
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
    AppendBound(out, i < kBounds.size() ? kBounds[i] : INFINITY, format_);
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
  const bool is_open = format_ == TextFormat::kOpenMetrics;
  std::string text;
  for (std::size_t i = 0; i < kMetricCount; ++i) {
    if (samples_[i].empty()) continue;
    const MetricRow& row = kMetrics[i];
    const std::string_view name = is_open ? FamilyOf(row) : row.name;
    const std::string_view type =
        is_open && IsInfo(row) ? "info"
                               : kTypes[static_cast<std::size_t>(row.type)];
    AppendComment(text, "HELP", name, row.help);
    AppendComment(text, "TYPE", name, type);
    if (const std::string_view unit = UnitOf(row); is_open && !unit.empty()) {
      AppendComment(text, "UNIT", name, unit);
    }
    text.append(samples_[i]);
  }
  if (is_open) text.append("# EOF\n");
  return text;
}

}  // namespace segrid::metrics
