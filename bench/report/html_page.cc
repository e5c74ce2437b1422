#include "bench/report/html_page.h"

#include "absl/strings/str_cat.h"
#include "bench/report/svg_plot.h"

namespace segrid::bench {
namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--bg:#f5f6f8;--card:#fff;--edge:#e2e5ea;--text:#171a21;--soft:#667085;--good:#0b7a4b;--bad:#c4320a;
--c0:#2563eb;--c1:#0d9488;--c2:#d97706;--c3:#dc2626;--c4:#7c3aed}
@media(prefers-color-scheme:dark){:root{--bg:#0f1218;--card:#171b23;--edge:#2a303c;--text:#e8eaf0;--soft:#97a1b3;--good:#4ade80;--bad:#fb923c;
--c0:#60a5fa;--c1:#2dd4bf;--c2:#fbbf24;--c3:#f87171;--c4:#a78bfa}}
.c0{--c:var(--c0)}.c1{--c:var(--c1)}.c2{--c:var(--c2)}.c3{--c:var(--c3)}.c4{--c:var(--c4)}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:32px 20px 60px;background:var(--bg);color:var(--text);font:15px/1.5 system-ui,sans-serif;font-variant-numeric:tabular-nums}
h1{margin:0;font-size:26px;letter-spacing:-.02em}h2{margin:0 0 8px;font-size:16px}
header p{margin:2px 0 0}.soft{color:var(--soft)}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:18px 0}
.chips span{background:var(--card);border:1px solid var(--edge);border-radius:99px;padding:3px 12px;color:var(--soft);font-size:13px}
.chips b{color:var(--text);font-weight:600}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(128px,1fr));gap:12px;margin-bottom:18px}
.tile,.card{background:var(--card);border:1px solid var(--edge);border-radius:14px;padding:14px 18px}
.tile b{display:block;font-size:21px;letter-spacing:-.01em;white-space:nowrap}.tile span{color:var(--soft);font-size:13px}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,460px),1fr));gap:16px}
.card{margin-top:16px;overflow-x:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:5px 12px;border-bottom:1px solid var(--edge);white-space:nowrap}
th{color:var(--soft);font-weight:500;font-size:13px}th:first-child,td:first-child{text-align:left;padding-left:0}
tr:last-child td{border-bottom:0}td.soft{text-align:left;white-space:normal}
ul{list-style:none;margin:0;padding:0}.good{color:var(--good)}.bad,.bad td{color:var(--bad)}
summary{cursor:pointer;font-weight:600}
)";

}  // namespace

std::string HtmlPage(const std::string& title, const std::string& body) {
  return absl::StrCat(
      "<!doctype html>\n<html lang='en'><head><meta charset='utf-8'>"
      "<meta name='viewport' content='width=device-width,initial-scale=1'>"
      "<title>",
      EscapeHtml(title), "</title><style>", kStyle, PlotStyle(),
      "</style></head><body>", body, "</body></html>\n");
}

}  // namespace segrid::bench
