// The answers that orchestrators ask for: does it live, is it ready.

#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/http/router.h"

namespace segrid::httpd {

// One condition of readiness.
struct Check {
  std::string name{};  // "queue".
  // Empty when it holds, else why not. Any thread; quick.
  std::function<std::string()> reason{};
};

// Adds `/livez`, 200 while the process can answer, and `/readyz`, 200 while all
// checks hold and 503 otherwise. Both answer "ok", or with `?verbose`, and when
// a check fails, one line per check: `[+]queue ok`, `[-]queue failed: why`.
void AddProbes(Router& router, std::vector<Check> checks);

}  // namespace segrid::httpd
