#include "client/cli/dead_letter_flags.h"

#include <google/protobuf/timestamp.pb.h>

#include "absl/time/time.h"
#include "client/cli/number_within.h"

namespace segrid::cli {
namespace {

bool ReadTime(const std::string& text, google::protobuf::Timestamp& time) {
  absl::Time moment;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, text, &moment, &error)) return false;
  time.set_seconds(absl::ToUnixSeconds(moment));
  return true;
}

std::string CheckTime(const std::string& text) {
  google::protobuf::Timestamp time;
  return ReadTime(text, time) ? "" : "must be like 2026-06-09T18:19:12Z";
}

void AddSource(CLI::App& command, DeadLetterFlags& flags) {
  AddServerFlags(command, flags.server);
  command.add_option("--source", flags.source, "The source")
      ->type_name("NAME")
      ->required();
}

}  // namespace

v1::DeadLetterFilter DeadLetterFlags::ToFilter() const {
  v1::DeadLetterFilter filter;
  filter.set_source(source);
  filter.set_reason(reason);
  for (const std::uint64_t id : ids) filter.add_ids(id);
  if (!since.empty()) ReadTime(since, *filter.mutable_since());
  if (!until.empty()) ReadTime(until, *filter.mutable_until());
  return filter;
}

void AddDeadLetterFlags(CLI::App& command, DeadLetterFlags& flags) {
  AddSource(command, flags);
  command
      .add_option("--reason", flags.reason,
                  "Only those with this reason, such as EXPIRED")
      ->type_name("REASON");
  command
      .add_option("--id", flags.ids,
                  "Only the one with this id; may be given several times")
      ->type_name("ID")
      ->allow_extra_args(false)
      ->check(NotNegative())
      ->delimiter(',');
  command
      .add_option("--since", flags.since,
                  "Only those given up at or after this time")
      ->type_name("TIME")
      ->check(CLI::Validator(CheckTime, ""));
  command
      .add_option("--until", flags.until,
                  "Only those given up before this time")
      ->type_name("TIME")
      ->check(CLI::Validator(CheckTime, ""));
}

void AddDeadLetterId(CLI::App& command, DeadLetterFlags& flags) {
  AddSource(command, flags);
  command.add_option("ID", flags.ids, "The id that 'list' prints")
      ->type_name("")
      ->expected(1)
      ->required();
}

}  // namespace segrid::cli
