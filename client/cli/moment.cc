#include "client/cli/moment.h"

#include <string>

#include "core/config/quantity.h"

namespace segrid::cli {

std::optional<absl::Time> ParseMoment(std::string_view text, absl::Time now) {
  const std::string word(text);
  absl::Time moment;
  std::string ignored;
  if (!absl::ParseTime(absl::RFC3339_full, word, &moment, &ignored) &&
      !absl::ParseTime("%Y-%m-%d", word, absl::UTCTimeZone(), &moment,
                       &ignored)) {
    const absl::StatusOr<absl::Duration> ago = config::ParseDuration(word);
    if (!ago.ok() || *ago < absl::ZeroDuration()) return std::nullopt;
    moment = now - *ago;
  }
  const absl::CivilYear year(absl::ToCivilYear(moment, absl::UTCTimeZone()));
  if (year.year() < 1 || year.year() > 9'999) return std::nullopt;
  return moment;
}

}  // namespace segrid::cli
