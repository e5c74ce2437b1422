#include "core/receivers/file/rotated_files.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace segrid::receivers::file {
namespace {

namespace fs = std::filesystem;

// 20260609T181912Z, with d for a digit.
constexpr std::string_view kPattern = "ddddddddTddddddZ";

// Whether `suffix` is one that RotatedName gave: other files are not ours.
bool IsOurs(std::string_view suffix) {
  const std::string_view number =
      suffix.substr(std::min(suffix.size(), kPattern.size()));
  const auto is_digit = [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  };
  const bool numbered =
      number.empty() ||
      (number.size() >= 4 && number[0] == '.' &&
       std::all_of(number.begin() + 1, number.end(), is_digit));
  return numbered && suffix.size() >= kPattern.size() &&
         std::equal(kPattern.begin(), kPattern.end(), suffix.begin(),
                    [&](char pattern, char c) {
                      return pattern == 'd' ? is_digit(c) : pattern == c;
                    });
}

}  // namespace

std::string RotatedName(const std::string& path, absl::Time now) {
  const std::string base = absl::StrCat(
      path, ".",
      absl::FormatTime("%E4Y%m%dT%H%M%SZ", now, absl::UTCTimeZone()));
  std::string name = base;
  std::error_code error;
  for (int i = 1; fs::exists(name, error); ++i) {
    name = absl::StrFormat("%s.%03d", base, i);
  }
  return name;
}

void PruneRotated(const std::string& path, std::int32_t keep) {
  if (keep == 0) return;
  const fs::path file(path);
  const fs::path folder =
      file.has_parent_path() ? file.parent_path() : fs::path(".");
  const std::string prefix = file.filename().string() + ".";
  // The oldest by its last line: the clock that gave the names may have jumped.
  std::vector<std::pair<fs::file_time_type, fs::path>> rotated;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with(prefix) &&
        IsOurs(std::string_view(name).substr(prefix.size()))) {
      std::error_code gone;
      rotated.emplace_back(fs::last_write_time(it->path(), gone), it->path());
    }
  }
  std::sort(rotated.begin(), rotated.end());
  const std::size_t kept =
      std::min(rotated.size(), static_cast<std::size_t>(keep));
  for (std::size_t i = 0; i + kept < rotated.size(); ++i) {
    fs::remove(rotated[i].second, error);
  }
}

}  // namespace segrid::receivers::file
