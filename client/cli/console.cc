#include "client/cli/console.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

#include "client/cli/safe_text.h"

namespace segrid::cli {

bool WantsColour() {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  return IsScreen();
}

bool IsTerminal() { return isatty(STDOUT_FILENO) == 1; }

bool IsScreen() {
  const char* term = std::getenv("TERM");
  if (term == nullptr || std::string_view(term) == "dumb") return false;
  return isatty(STDOUT_FILENO) == 1;
}

int Fail(Console& console, std::string_view message) {
  console.out.flush();
  console.err << "segrid: " << Printable(message) << std::endl;
  return kFailed;
}

int Fail(Console& console, const Error& error) {
  return Fail(console, error.ToString());
}

int FailInLines(Console& console, const absl::Status& status) {
  const std::string message(status.message());
  std::istringstream lines(message);
  for (std::string line; std::getline(lines, line);) Fail(console, line);
  return kFailed;
}

std::string Printable(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return SafeLine(text);
  text = text.substr(0, max_bytes);
  // Not in the middle of a UTF-8 sequence.
  while (!text.empty() && (text.back() & 0xC0) == 0x80) text.remove_suffix(1);
  if (!text.empty() && (text.back() & 0x80) != 0) text.remove_suffix(1);
  return SafeLine(text) + "…";
}

}  // namespace segrid::cli
