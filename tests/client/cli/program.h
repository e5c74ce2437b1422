// Runs a program and says how it went.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace segrid::tests {

// How to run it besides its arguments.
struct RunOptions {
  std::string input{};                             // Given on standard input.
  std::string input_file{};                        // Instead of `input`.
  std::string output_file{};                       // Not into `Ran::out`.
  std::map<std::string, std::string> variables{};  // Besides PATH.
  std::function<void(pid_t)> started{};            // Called once it runs.
};

// How it ended.
struct Ran {
  int code = -1;  // The exit code; 128 + the signal that killed it.
  std::string out;
  std::string err;
  std::int64_t max_rss_bytes = 0;
};

// Runs a program to its end, with nothing but PATH and `options.variables` in
// its environment.
Ran Run(const std::string& program, const std::vector<std::string>& arguments,
        const RunOptions& options = {});

// The same for the `segrid` of this build.
Ran RunSegrid(const std::vector<std::string>& arguments,
              const RunOptions& options = {});

// The lines of `text`, without their ends.
std::vector<std::string> Lines(const std::string& text);

}  // namespace segrid::tests
