// Says what is wrong with a command line, in the same words for every program.

#pragma once

#include <CLI/App.hpp>
#include <CLI/Error.hpp>
#include <string>

namespace segrid::command_line {

// One line without its end: the program's name, what is wrong, the option or
// command that may be meant, and the help that says more. `error` is what
// parsing `app` has thrown. Values are shown only where a check of the option
// shows them: an unknown option's value may be a secret.
std::string UsageError(const CLI::App& app, const CLI::ParseError& error);

// `segrid dead-letters list`, as far as the arguments went.
std::string NameOfCommand(const CLI::App& app);

}  // namespace segrid::command_line
