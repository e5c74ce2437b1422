#include "client/cli/status_view.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "client/cli/json.h"

namespace segrid::cli {

Cell StateCell(v1::SourceState state) {
  constexpr std::string_view kPrefix = "SOURCE_STATE_";
  std::string name = v1::SourceState_Name(state);
  if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  if (name.empty()) name = std::to_string(state);
  switch (state) {
    case v1::SOURCE_STATE_RUNNING:
      return {name, Colour::kGood};
    case v1::SOURCE_STATE_MISCONFIGURED:
      return {name, Colour::kBad};
    default:
      return {name, Colour::kWarning};
  }
}

std::string WithLabel(const std::string& name, const std::string& label) {
  return label.empty() ? name : name + " (" + label + ")";
}

std::string Age(const google::protobuf::Timestamp& from,
                const google::protobuf::Timestamp& to) {
  if (from.seconds() == 0 || to.seconds() == 0) return "-";
  return absl::FormatDuration(
      absl::Seconds(std::max<std::int64_t>(to.seconds() - from.seconds(), 0)));
}

void PrintServer(Console& console, const v1::ServerStatus& status,
                 const std::string& address) {
  console.out << "segrid-server " << Printable(status.version()) << " at "
              << address << ": "
              << (status.ready() ? Painted(console, "ready", Colour::kGood)
                                 : Painted(console, "not ready", Colour::kBad));
  if (!status.not_ready_reason().empty()) {
    console.out << " (" << Printable(status.not_ready_reason()) << ")";
  }
  console.out << ", up " << Age(status.start_time(), status.status_time())
              << "\n";
}

void PrintStateDetails(Console& console, const v1::ServerStatus& status) {
  for (const v1::SourceStatus& source : status.sources()) {
    if (source.state_detail().empty()) continue;
    console.out << Printable(source.name()) << ": "
                << Printable(source.state_detail());
    const std::string next = TimeText(source.next_attempt_time());
    if (!next.empty()) console.out << "; next attempt " << next;
    console.out << "\n";
    if (source.overdue_count() > 0) {
      console.out << "  overdue: " << source.overdue_count() << "\n";
    }
    if (source.last_answer().empty()) continue;
    console.out << "  last answer: " << Printable(source.last_answer()) << "\n";
  }
}

}  // namespace segrid::cli
