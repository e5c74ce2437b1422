// Line plots as inline SVG.

#pragma once

#include <string>
#include <utility>
#include <vector>

namespace segrid::bench {

// How numbers stand at an axis.
enum class AxisUnit {
  kPlain,
  kSeconds,     // Values in seconds: 10 us, 2 ms.
  kRate,        // 12 k
  kPercentile,  // Values 1 / (1 - share): 90 %, 99 %, 99.9 %.
  kBytes,
};

struct Axis {
  std::string label;
  AxisUnit unit = AxisUnit::kPlain;
  bool is_log = false;
};

struct Line {
  std::string name;
  int color = 0;  // 0 to 4: the page's classes c0 … c4.
  bool is_filled = false;
  std::vector<std::pair<double, double>> points;  // Ascending in x.
};

struct Plot {
  std::string title;
  Axis x;
  Axis y;
  std::vector<Line> lines;
};

// A <figure> with the plot, a legend, and a tooltip per point. Points that a
// logarithmic axis cannot show are left out. Colours and fonts come from the
// page's style sheet (PlotStyle), so that it follows light and dark.
std::string RenderPlot(const Plot& plot);

// The CSS of all plots.
std::string PlotStyle();

// `text` for use in HTML.
std::string EscapeHtml(const std::string& text);

}  // namespace segrid::bench
