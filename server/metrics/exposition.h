// Samples on their way to Prometheus, in one of its two text formats.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/metrics/histogram.h"
#include "server/metrics/metric_table.h"

namespace segrid::metrics {

// Prometheus' own text format 0.0.4, and OpenMetrics 1.0. Both have the same
// samples. OpenMetrics names a counter without its `_total` and says units; it
// has no `_created` here, because the counters of the queue outlive the
// process, so their start is not known.
enum class TextFormat : std::uint8_t { kPrometheus, kOpenMetrics };

// Collects the samples of one scrape. Not thread-safe.
class Exposition {
 public:
  using Values = std::initializer_list<std::string_view>;

  explicit Exposition(TextFormat format = TextFormat::kPrometheus)
      : format_(format) {}

  // Adds a sample of the metric `row` (see Row); one value for each label.
  void Add(std::size_t row, double value, Values labels = {});
  void Add(std::size_t row, const HistogramFigures& figures,
           Values labels = {});

  // The text, in the order of the table. A metric without samples is left out.
  std::string Text() const;

 private:
  const TextFormat format_;
  std::array<std::string, kMetricCount> samples_;
};

}  // namespace segrid::metrics
