#include "tests/client/cli/program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "tests/client/scratch_dir.h"

namespace segrid::tests {
namespace {

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

// Files instead of pipes: no end of a pipe can block the other.
Ran Run(const std::string& program, const std::vector<std::string>& arguments,
        const RunOptions& options) {
  const ScratchDir dir;
  const std::string in = options.input_file.empty()
                             ? dir.Write("in", options.input)
                             : options.input_file;
  const std::string out =
      options.output_file.empty() ? dir.Path("out") : options.output_file;
  const std::string err = dir.Path("err");
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  constexpr int kWrite = O_WRONLY | O_CREAT;
  posix_spawn_file_actions_addopen(&files, 0, in.c_str(), O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out.c_str(), kWrite, 0600);
  posix_spawn_file_actions_addopen(&files, 2, err.c_str(), kWrite, 0600);

  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = {std::string("PATH=") +
                                        std::getenv("PATH")};
  for (const auto& [name, value] : options.variables) {
    variables.push_back(name + "=" + value);
  }
  Ran ran;
  pid_t child = 0;
  const int failed =
      posix_spawn(&child, program.c_str(), &files, nullptr,
                  Pointers(words).data(), Pointers(variables).data());
  posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return ran;
  if (options.started) options.started(child);
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.max_rss_bytes = std::int64_t{usage.ru_maxrss} << 10;
  if (options.output_file.empty()) ran.out = ReadAll(out);
  ran.err = ReadAll(err);
  return ran;
}

Ran RunSegrid(const std::vector<std::string>& arguments,
              const RunOptions& options) {
  return Run(SEGRID_BINARY_DIR "/bin/segrid", arguments, options);
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

}  // namespace segrid::tests
