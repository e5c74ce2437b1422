#include "core/config/problems.h"

#include <algorithm>
#include <utility>

#include "core/base/error_info.h"
#include "core/config/text.h"

namespace segrid::config {

void Problems::Add(Position position, std::string_view path,
                   std::string_view message) {
  problems_.push_back({position, std::string(path), std::string(message)});
  paths_.emplace(path);
}

absl::Status Problems::ToStatus() const {
  if (problems_.empty()) return absl::OkStatus();
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Problem& a, const Problem& b) {
                     return a.position < b.position;
                   });
  std::string text;
  std::vector<base::FieldViolation> violations;
  for (const Problem& problem : sorted) {
    if (violations.size() == kMaxTold) break;
    if (!text.empty()) text.push_back('\n');
    text += Concat({file_, ":", std::to_string(problem.position.line), ":",
                    std::to_string(problem.position.column), ": ", problem.path,
                    problem.path.empty() ? "" : ": ", problem.message});
    violations.push_back({problem.path, problem.message});
  }
  if (sorted.size() > kMaxTold) {
    text +=
        Concat({"\n", file_, ": and ", std::to_string(sorted.size() - kMaxTold),
                " more; fix these first"});
  }
  absl::Status status = base::MakeError(absl::StatusCode::kInvalidArgument,
                                        "INVALID_CONFIG", text);
  base::SetFieldViolations(status, violations);
  return status;
}

}  // namespace segrid::config
