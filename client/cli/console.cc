#include "client/cli/console.h"

#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace segrid::cli {

bool WantsColour() {
  const char* no_color = std::getenv("NO_COLOR");
  if (no_color != nullptr && *no_color != '\0') return false;
  return IsScreen();
}

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
  std::string line(text.substr(0, max_bytes));
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = ' ';
  }
  if (text.size() > max_bytes) {
    // Not in the middle of a UTF-8 sequence.
    while (!line.empty() && (line.back() & 0xC0) == 0x80) line.pop_back();
    if (!line.empty() && (line.back() & 0x80) != 0) line.pop_back();
    line += "…";
  }
  return line;
}

}  // namespace segrid::cli
