#include "client/cli/progress_bar.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iomanip>
#include <string_view>

namespace segrid::cli {

bool WantsProgress() {
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  return isatty(STDERR_FILENO) == 1;
}

ProgressBar::~ProgressBar() {
  if (has_line_) out_ << std::endl;
}

void ProgressBar::Show(std::int64_t done, std::int64_t fresh,
                       absl::Duration elapsed) {
  if (!shown_) return;
  constexpr std::int64_t kWidth = 20;
  const std::int64_t part =
      total_ <= 0 ? kWidth : std::clamp<std::int64_t>(done, 0, total_);
  const std::int64_t whole = total_ <= 0 ? kWidth : total_;
  const auto full = static_cast<std::size_t>(kWidth * part / whole);
  const double seconds = absl::ToDoubleSeconds(elapsed);
  out_ << "\r[" << std::string(full, '#') << std::string(kWidth - full, '-')
       << "] " << std::setw(3) << 100 * part / whole << " %  "
       << WithCommas(done) << " of " << WithCommas(total_) << " events";
  if (seconds > 0) {
    out_ << "  "
         << WithCommas(
                static_cast<std::int64_t>(static_cast<double>(fresh) / seconds))
         << "/s";
  }
  out_ << "\x1b[K" << std::flush;  // Nothing is left of a longer line.
  has_line_ = true;
}

std::string WithCommas(std::int64_t number) {
  const std::string digits = std::to_string(number);
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const std::size_t left = digits.size() - i;
    if (!text.empty() && text != "-" && left % 3 == 0) text.push_back(',');
    text.push_back(digits[i]);
  }
  return text;
}

}  // namespace segrid::cli
