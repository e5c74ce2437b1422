// Where a command writes, and the exit codes.

#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/error.h"

namespace segrid::cli {

inline constexpr int kDone = 0;    // Also when events were skipped or rejected.
inline constexpr int kFailed = 1;  // One line on stderr says why.
inline constexpr int kUsage = 2;   // The command line itself is wrong.

inline constexpr std::string_view kCannotWrite = "cannot write the output";

// The streams of a command. Both outlive it.
struct Console {
  std::ostream& out;
  std::ostream& err;
  bool colour = false;  // `out` is a terminal that wants colours.
  bool screen = false;  // `out` is a terminal that can be cleared.
  // `out` is a terminal, so that what others wrote is shown in escapes.
  bool terminal = false;
};

// True when standard output is a terminal and NO_COLOR is unset or empty
// (no-color.org) and TERM is not `dumb`.
bool WantsColour();

// True when standard output is a terminal and TERM is not `dumb`.
bool IsScreen();

// True when standard output is a terminal.
bool IsTerminal();

// Prints `segrid: <message>` as one line on `err`. Returns kFailed.
int Fail(Console& console, std::string_view message);
int Fail(Console& console, const Error& error);

// The same with a line for each line of the message: for configurations, where
// all that is wrong is said at once.
int FailInLines(Console& console, const absl::Status& status);

// `text` fit for a line of a terminal: see SafeLine(). What is beyond
// `max_bytes` of it becomes `…`.
std::string Printable(std::string_view text, std::size_t max_bytes = 4096);

}  // namespace segrid::cli
