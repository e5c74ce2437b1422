#include "bench/report/svg_plot.h"

#include <algorithm>
#include <limits>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "bench/report/plot_axis.h"

namespace segrid::bench {
namespace {

constexpr double kWidth = 720;
constexpr double kHeight = 280;
constexpr double kLeft = 62;
constexpr double kRight = 14;
constexpr double kTop = 12;
constexpr double kBottom = 38;
constexpr std::size_t kMaxTooltips = 240;  // Per line.

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Cover(double value) {
    low = std::min(low, value);
    high = std::max(high, value);
  }
  bool is_empty() const { return !(low <= high); }
};

bool IsShown(const Plot& plot, const std::pair<double, double>& point) {
  return (!plot.x.is_log || point.first > 0) &&
         (!plot.y.is_log || point.second > 0);
}

double PlotX(const Scale& scale, double value) {
  return kLeft + scale.Place(value) * (kWidth - kLeft - kRight);
}
double PlotY(const Scale& scale, double value) {
  return kHeight - kBottom - scale.Place(value) * (kHeight - kTop - kBottom);
}

std::string Grid(const Plot& plot, const Scale& x, const Scale& y) {
  std::string svg;
  for (const double tick : y.ticks()) {
    const double at = PlotY(y, tick);
    absl::StrAppendFormat(
        &svg,
        "<line class='grid' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>"
        "<text class='tick' x='%.1f' y='%.1f' text-anchor='end'>%s</text>",
        kLeft, kWidth - kRight, at, at, kLeft - 8, at + 4, y.Label(tick));
  }
  for (const double tick : x.ticks()) {
    const double at = PlotX(x, tick);
    absl::StrAppendFormat(
        &svg,
        "<line class='grid faint' x1='%.1f' x2='%.1f' y1='%.1f' y2='%.1f'/>"
        "<text class='tick' x='%.1f' y='%.1f' text-anchor='middle'>%s</text>",
        at, at, kTop, kHeight - kBottom, at, kHeight - kBottom + 18,
        x.Label(tick));
  }
  absl::StrAppendFormat(
      &svg, "<text class='tick' x='%.1f' y='%.1f' text-anchor='end'>%s</text>",
      kWidth - kRight, kHeight - 4, EscapeHtml(plot.x.label));
  return svg;
}

std::string Draw(const Plot& plot, const Line& line, const Scale& x,
                 const Scale& y) {
  std::string path;
  std::string dots;
  double first_x = 0;
  double last_x = 0;
  const std::size_t every = line.points.size() / kMaxTooltips + 1;
  for (std::size_t i = 0; i < line.points.size(); ++i) {
    const auto& point = line.points[i];
    if (!IsShown(plot, point)) continue;
    last_x = PlotX(x, point.first);
    if (path.empty()) first_x = last_x;
    const double at = PlotY(y, point.second);
    absl::StrAppendFormat(&path, "%s%.1f %.1f", path.empty() ? "M" : "L",
                          last_x, at);
    if (i % every != 0 && i + 1 != line.points.size()) continue;
    absl::StrAppendFormat(&dots,
                          "<circle class='dot c%d' cx='%.1f' cy='%.1f' r='5'>"
                          "<title>%s: %s at %s</title></circle>",
                          line.color, last_x, at, EscapeHtml(line.name),
                          y.Label(point.second), x.Label(point.first));
  }
  if (path.empty()) return "";
  std::string svg;
  if (line.is_filled) {
    const double base = kHeight - kBottom;
    absl::StrAppendFormat(
        &svg, "<path class='area c%d' d='%sL%.1f %.1fL%.1f %.1fZ'/>",
        line.color, path, last_x, base, first_x, base);
  }
  absl::StrAppendFormat(&svg, "<path class='line c%d' d='%s'/>%s", line.color,
                        path, dots);
  return svg;
}

std::string Legend(const Plot& plot) {
  std::string html = "<p class='legend'>";
  for (const Line& line : plot.lines) {
    absl::StrAppendFormat(&html, "<span><i class='c%d'></i>%s</span>",
                          line.color, EscapeHtml(line.name));
  }
  return html + "</p>";
}

}  // namespace

std::string EscapeHtml(const std::string& text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '\'':
        html += "&#39;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string RenderPlot(const Plot& plot) {
  Range x_range;
  Range y_range;
  for (const Line& line : plot.lines) {
    for (const auto& point : line.points) {
      if (!IsShown(plot, point)) continue;
      x_range.Cover(point.first);
      y_range.Cover(point.second);
    }
  }
  std::string html = absl::StrCat("<figure><figcaption>",
                                  EscapeHtml(plot.title), "</figcaption>");
  if (x_range.is_empty()) {
    return html + "<p class='empty'>Nothing was measured.</p></figure>";
  }
  const Scale x(plot.x, x_range.low, x_range.high);
  const Scale y(plot.y, y_range.low, y_range.high);
  absl::StrAppendFormat(
      &html, "%s<svg viewBox='0 0 %.0f %.0f' role='img' aria-label='%s'>%s",
      Legend(plot), kWidth, kHeight, EscapeHtml(plot.title), Grid(plot, x, y));
  for (const Line& line : plot.lines) html += Draw(plot, line, x, y);
  return html + "</svg></figure>";
}

std::string PlotStyle() {
  return R"(
figure{margin:0;background:var(--card);border:1px solid var(--edge);border-radius:14px;padding:16px 18px 10px}
figcaption{font-weight:600;margin-bottom:2px}
svg{display:block;width:100%;height:auto;overflow:visible}
.legend{margin:0 0 6px;color:var(--soft);font-size:13px;display:flex;gap:16px;flex-wrap:wrap}
.legend i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px;background:var(--c)}
.grid{stroke:var(--edge);stroke-width:1}.faint{opacity:.5}
.tick{fill:var(--soft);font-size:12px}
.line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.area{fill:var(--c);opacity:.13;stroke:none}
.dot{fill:var(--c);opacity:0}.dot:hover{opacity:1}
.empty{color:var(--soft)}
)";
}

}  // namespace segrid::bench
