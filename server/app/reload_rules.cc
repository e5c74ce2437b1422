#include "server/app/reload_rules.h"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/error_info.h"
#include "core/config/removed_keys.h"

namespace segrid::app {
namespace {

constexpr std::size_t kMaxNamed = 50;

std::string_view TextOf(const Settings& settings, const std::string& path) {
  const auto found = settings.files.find(path);
  return found == settings.files.end() ? std::string_view() : found->second;
}

std::string_view WithoutLineBreaks(std::string_view text) {
  const std::size_t end = text.find_last_not_of("\r\n");
  return text.substr(0, end == std::string_view::npos ? 0 : end + 1);
}

absl::Status Cut(const std::string& path, std::string_view why) {
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "CONFIG_CUT",
      absl::StrCat("'", path, "' ", absl::string_view(why.data(), why.size())));
}

// A file that a value includes is mostly a secret: one that is the beginning of
// the old one is no new secret.
absl::Status CheckWhole(const Settings& before, const Settings& now) {
  if (config::EndsInsideALineOf(TextOf(before, before.file),
                                TextOf(now, now.file))) {
    return Cut(now.file,
               "is cut: its last line is the beginning of a line that stood in "
               "it, without a line break; write the file anew, to its end");
  }
  for (const auto& [path, text] : now.files) {
    if (path == now.file) continue;
    const std::string_view old = WithoutLineBreaks(TextOf(before, path));
    const std::string_view part = WithoutLineBreaks(text);
    if (part.size() < old.size() && old.starts_with(part)) {
      return Cut(path,
                 "is cut: it is the beginning of what stood in it; write the "
                 "file anew, to its end");
    }
  }
  return absl::OkStatus();
}

bool IsAllowed(const std::string& key,
               const std::vector<std::string>& allowed) {
  return std::any_of(allowed.begin(), allowed.end(), [&key](const auto& each) {
    return config::CoversKey(each, key);
  });
}

absl::Status WithFields(absl::Status status,
                        const std::vector<std::string>& keys,
                        const std::string& what) {
  std::vector<base::FieldViolation> violations;
  for (const std::string& key : keys) violations.push_back({key, what});
  base::SetFieldViolations(status, violations);
  return status;
}

std::string Named(const std::vector<std::string>& keys) {
  const std::size_t count = std::min(keys.size(), kMaxNamed);
  std::string text = absl::StrJoin(
      keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(count), ", ");
  if (count < keys.size()) {
    absl::StrAppend(&text, " and ", keys.size() - count, " more");
  }
  return text;
}

std::vector<std::string> Removed(const Settings& before,
                                 const config::Config& running,
                                 const Settings& now) {
  std::vector<std::string> removed =
      config::RemovedKeys(TextOf(before, before.file), TextOf(now, now.file));
  // What stood in a file but waits for a restart may go again.
  const std::vector<std::string> stopping =
      config::RemovedParts(running, now.config);
  for (std::string& part : config::RemovedParts(before.config, now.config)) {
    if (std::find(stopping.begin(), stopping.end(), part) != stopping.end()) {
      removed.push_back(std::move(part));
    }
  }
  return removed;
}

}  // namespace

absl::Status CheckReload(const Settings& before, const config::Config& running,
                         const Settings& now,
                         const std::vector<std::string>& allowed) {
  std::vector<std::string> removed = Removed(before, running, now);
  std::vector<std::string> unknown;
  for (const std::string& each : allowed) {
    const bool covers_one = std::any_of(
        removed.begin(), removed.end(),
        [&each](const auto& key) { return config::CoversKey(each, key); });
    if (!covers_one) unknown.push_back(each);
  }
  if (!unknown.empty()) {
    return WithFields(
        base::MakeError(
            absl::StatusCode::kInvalidArgument, "UNKNOWN_REMOVAL",
            absl::StrCat("the new configuration takes nothing of this away: ",
                         Named(unknown), "; ",
                         removed.empty() ? "it takes nothing away at all"
                                         : "it takes away: ",
                         Named(removed))),
        unknown, "is not taken away by the new configuration");
  }
  std::erase_if(
      removed, [&allowed](const auto& key) { return IsAllowed(key, allowed); });
  if (removed.empty()) return CheckWhole(before, now);
  return WithFields(
      base::MakeError(
          absl::StatusCode::kFailedPrecondition, "REMOVAL_REFUSED",
          absl::StrCat(
              "the new configuration lacks what stood in the old one: ",
              Named(removed),
              "; a reload takes none of this away, because a file that is "
              "empty or cut would do the same: put it back, or say `segrid "
              "reload --allow-removal KEY`, or restart the server")),
      removed, "is missing or empty in the new configuration");
}

}  // namespace segrid::app
