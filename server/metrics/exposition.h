// Samples on their way to Prometheus' text format (0.0.4).

#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>

#include "core/metrics/histogram.h"
#include "server/metrics/metric_table.h"

namespace segrid::metrics {

// Collects the samples of one scrape. Not thread-safe.
class Exposition {
 public:
  using Values = std::initializer_list<std::string_view>;

  // Adds a sample of the metric `row` (see Row); one value for each label.
  void Add(std::size_t row, double value, Values labels = {});
  void Add(std::size_t row, const HistogramFigures& figures,
           Values labels = {});

  // The text, in the order of the table. A metric without samples is left out.
  std::string Text() const;

  // The content type that goes with it.
  static constexpr std::string_view kContentType =
      "text/plain; version=0.0.4; charset=utf-8";

 private:
  std::array<std::string, kMetricCount> samples_;
};

}  // namespace segrid::metrics
