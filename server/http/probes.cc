#include "server/http/probes.h"

#include <string_view>
#include <utility>

namespace segrid::httpd {
namespace {

// True if the query has the key `verbose`, with any value or none.
bool IsVerbose(std::string_view query) {
  while (!query.empty()) {
    const std::string_view pair = query.substr(0, query.find('&'));
    if (pair.substr(0, pair.find('=')) == "verbose") return true;
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
  }
  return false;
}

Answer Probe(const Request& request, std::string_view name,
             const std::vector<Check>& checks) {
  bool good = true;
  std::string lines;
  for (const Check& check : checks) {
    const std::string reason = check.reason();
    good = good && reason.empty();
    lines.append(reason.empty() ? "[+]" : "[-]").append(check.name);
    lines.append(reason.empty() ? " ok" : " failed: ").append(reason);
    lines.append("\n");
  }
  lines.append(name).append(good ? " check passed\n" : " check failed\n");
  Answer answer;
  answer.status = good ? 200 : 503;
  answer.content_type = "text/plain; charset=utf-8";
  answer.body = good && !IsVerbose(request.query) ? "ok\n" : lines;
  return answer;
}

}  // namespace

void AddProbes(Router& router, std::vector<Check> checks) {
  router.Add(GetRoute("/livez", [](const Request& request) {
    return Probe(request, "livez", {{"process", [] { return ""; }}});
  }));
  router.Add(
      GetRoute("/readyz", [checks = std::move(checks)](const Request& request) {
        return Probe(request, "readyz", checks);
      }));
}

}  // namespace segrid::httpd
