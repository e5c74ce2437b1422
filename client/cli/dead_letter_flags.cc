#include "client/cli/dead_letter_flags.h"

#include <google/protobuf/timestamp.pb.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "client/cli/moment.h"
#include "core/command_line/number_within.h"
#include "core/config/nearest.h"
#include "core/config/text.h"
#include "core/queue/dead_letter.h"

namespace segrid::cli {
namespace {

// All that any version has given; the last two are of earlier ones.
constexpr std::array<std::string_view, 5> kReasons = {
    queue::kReasonBadMessage, queue::kReasonTooLarge, queue::kReasonExpired,
    "REDIRECTED", "REFUSED"};

// A time to come selects nothing, or all: it is mistyped.
std::string CheckTime(const std::string& text) {
  const absl::Time now = absl::Now();
  const std::optional<absl::Time> moment = ParseMoment(text, now);
  if (!moment) {
    return "must be a time such as 2026-06-09T18:19:12Z or 2026-06-09 (UTC), "
           "or a duration before now, such as 1h";
  }
  if (*moment <= now) return "";
  return absl::StrCat(
      "is in the future; it is ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", now, absl::UTCTimeZone()), " now");
}

std::string Upper(std::string text) {
  absl::AsciiStrToUpper(&text);
  return text;
}

std::string CheckReason(const std::string& text) {
  const std::string reason = Upper(text);
  if (std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end()) {
    return "";
  }
  std::string error = absl::StrCat("must be one of ", config::List(kReasons));
  const std::string nearest(config::Nearest(reason, kReasons));
  if (!nearest.empty()) {
    absl::StrAppend(&error, "; did you mean '", nearest, "'?");
  }
  return error;
}

void SetTime(const std::string& text, absl::Time now,
             google::protobuf::Timestamp& time) {
  const std::optional<absl::Time> moment = ParseMoment(text, now);
  if (!moment) return;
  const std::int64_t seconds = absl::ToUnixSeconds(*moment);
  time.set_seconds(seconds);
  time.set_nanos(static_cast<std::int32_t>(
      absl::ToInt64Nanoseconds(*moment - absl::FromUnixSeconds(seconds))));
}

CLI::Option* AddSource(CLI::App& command, DeadLetterFlags& flags) {
  AddServerFlags(command, flags.server);
  return command.add_option("--source", flags.source, "The source")
      ->type_name("NAME")
      ->required();
}

}  // namespace

v1::DeadLetterFilter DeadLetterFlags::ToFilter() const {
  v1::DeadLetterFilter filter;
  filter.set_source(source);
  filter.set_reason(Upper(reason));
  for (const std::uint64_t id : ids) filter.add_ids(id);
  const absl::Time now = absl::Now();
  if (!since.empty()) SetTime(since, now, *filter.mutable_since());
  if (!until.empty()) SetTime(until, now, *filter.mutable_until());
  return filter;
}

std::string DeadLetterFlags::Described() const {
  std::string text;
  const auto add = [&text](std::string_view flag, const std::string& value) {
    if (!value.empty()) text.append(" ").append(flag).append(" ").append(value);
  };
  add("--reason", Upper(reason));
  for (const std::uint64_t id : ids) add("--id", std::to_string(id));
  add("--since", since);
  add("--until", until);
  return text;
}

void AddDeadLetterFlags(CLI::App& command, DeadLetterFlags& flags) {
  AddSource(command, flags);
  command
      .add_option("--reason", flags.reason,
                  "Only those with this reason, such as EXPIRED")
      ->type_name("REASON")
      ->check(CLI::Validator(CheckReason, ""));
  command
      .add_option("--id", flags.ids,
                  "Only the one with this id; may be given several times")
      ->type_name("ID")
      ->allow_extra_args(false)
      ->check(command_line::NotNegative())
      ->delimiter(',');
  command
      .add_option("--since", flags.since,
                  "Only those that became dead letters at or after this time: "
                  "1h (ago), "
                  "2026-06-09 (UTC) or 2026-06-09T18:19:12Z")
      ->type_name("TIME")
      ->check(CLI::Validator(CheckTime, ""));
  command
      .add_option(
          "--until", flags.until,
          "Only those that became dead letters before this time, in the "
          "same forms")
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
