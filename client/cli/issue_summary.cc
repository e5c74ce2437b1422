#include "client/cli/issue_summary.h"

#include <map>
#include <string>
#include <string_view>

#include "client/cli/table.h"

namespace segrid::cli {
namespace {

std::string NameOf(v1::Reason reason) {
  constexpr std::string_view kPrefix = "REASON_";
  const std::string name = v1::Reason_Name(reason);
  // A newer server may know reasons that this program does not.
  if (!name.starts_with(kPrefix)) return std::to_string(reason);
  return name.substr(kPrefix.size());
}

struct Tally {
  std::int64_t count = 0;
  const v1::EventIssue* first = nullptr;
};

}  // namespace

void PrintIssueSummary(
    Console& console,
    const google::protobuf::RepeatedPtrField<v1::EventIssue>& issues) {
  std::map<v1::Reason, Tally> tallies;
  for (const v1::EventIssue& issue : issues) {
    Tally& tally = tallies[issue.reason()];
    if (tally.count++ == 0) tally.first = &issue;
  }
  Table table({"OUTCOME", "REASON", "ISSUES", "FIRST EVENT", "DETAIL"});
  for (const auto& [reason, tally] : tallies) {
    const bool skipped = tally.first->outcome() == v1::OUTCOME_SKIPPED;
    table.Add({skipped ? Cell("skipped") : Cell("rejected", Colour::kWarning),
               NameOf(reason), tally.count, std::int64_t{tally.first->index()},
               tally.first->detail()});
  }
  table.Print(console);
}

}  // namespace segrid::cli
