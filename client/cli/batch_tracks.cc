#include "client/cli/batch_tracks.h"

namespace segrid::cli {
namespace {

constexpr std::string_view kHead = "{\"batch\":[";
constexpr std::string_view kTail = "]}";

// The size of the JSON object that `text` starts with; npos when it does not
// end. Braces in strings do not count.
std::size_t ObjectSize(std::string_view text) {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{') {
      ++depth;
    } else if (c == '}') {
      if (--depth == 0) return i + 1;
    } else if (c == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i) {
        if (text[i] == '\\') ++i;
      }
    }
  }
  return std::string_view::npos;
}

}  // namespace

BatchTracks::BatchTracks(std::string_view batch_json) {
  if (!batch_json.starts_with(kHead)) return;
  rest_ = batch_json.substr(kHead.size());
}

bool BatchTracks::Next(std::string_view& track) {
  if (!rest_.starts_with('{')) return false;
  const std::size_t size = ObjectSize(rest_);
  if (size == std::string_view::npos) return false;
  track = rest_.substr(0, size);
  rest_.remove_prefix(size);
  if (rest_.starts_with(',')) rest_.remove_prefix(1);
  return true;
}

bool BatchTracks::AtEnd() const { return rest_ == kTail; }

}  // namespace segrid::cli
