#include "core/config/nearest.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::size_t kMaxLength = 64;  // Longer names are near to nothing.

// Optimal string alignment distance; both at most kMaxLength long.
std::size_t Distance(std::string_view a, std::string_view b) {
  using Line = std::array<std::size_t, kMaxLength + 1>;
  Line before{}, last{}, now{};
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replace = last[j - 1] + (a[i - 1] != b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, replace});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        now[j] = std::min(now[j], before[j - 2] + 1);
      }
    }
    before = last;
    last = now;
  }
  return last[b.size()];
}

}  // namespace

std::string_view Nearest(std::string_view typed,
                         std::span<const std::string_view> names) {
  if (typed.size() > kMaxLength) return "";
  std::string_view best;
  std::size_t best_distance = kMaxLength;
  for (const std::string_view name : names) {
    if (name.size() > kMaxLength) continue;
    const std::size_t distance = Distance(typed, name);
    const std::size_t near =
        std::max<std::size_t>(1, std::max(typed.size(), name.size()) / 3);
    if (distance <= near && distance < best_distance) {
      best = name;
      best_distance = distance;
    }
  }
  return best;
}

std::string Suggest(std::string_view typed,
                    std::span<const std::string_view> names) {
  const std::string_view nearest = Nearest(typed, names);
  if (!nearest.empty()) return Concat({"did you mean '", nearest, "'?"});
  return Concat({"known are: ", List(names)});
}

}  // namespace segrid::config
