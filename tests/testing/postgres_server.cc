#include "tests/testing/postgres_server.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace segrid::tests {
namespace {

namespace fs = std::filesystem;

constexpr char kRecipe[] = SEGRID_POSTGRES_RECIPE;

std::string ShellWord(const std::string& word) {
  std::string quoted = "'";
  for (const char c : word) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  quoted += '\'';
  return quoted;
}

std::string MakeFolder() {
  std::string name = (fs::temp_directory_path() / "segrid_pg_XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) {
    std::perror(name.c_str());
    std::abort();
  }
  return name;
}

}  // namespace

bool PostgresServer::Installed() {
  const std::string command = ShellWord(kRecipe) + " programs >/dev/null";
  return std::system(command.c_str()) == 0;
}

PostgresServer::PostgresServer(const Options& options)
    : folder_(MakeFolder()), options_(options) {
  Run({"make", folder_});
  Start();
}

PostgresServer::~PostgresServer() {
  Run({"stop", folder_, "immediate"}, /*may_fail=*/true);
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string PostgresServer::Url(const std::string& database,
                                const std::string& role) const {
  std::string host;  // Slashes of the socket's folder, escaped.
  for (const char c : folder_) {
    if (c == '/') {
      host += "%2F";
    } else {
      host += c;
    }
  }
  return "postgresql://" + role + "@" + host + "/" + database;
}

std::string PostgresServer::Query(const std::string& sql,
                                  const std::string& database) const {
  return Run(
      {"run", folder_, "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
       "-h", folder_, "-U", "segrid", "-d", database, "-c", sql},
      /*may_fail=*/true);
}

void PostgresServer::Start() {
  std::vector<std::string> command = {"start", folder_};
  if (options_.fsync) command.push_back("fsync=on");
  command.insert(command.end(), options_.settings.begin(),
                 options_.settings.end());
  Run(command);
}

void PostgresServer::Stop() { Run({"stop", folder_, "fast"}); }

void PostgresServer::Kill() { Run({"kill", folder_}); }

std::string PostgresServer::Run(const std::vector<std::string>& arguments,
                                bool may_fail) const {
  // Into a file, because the server keeps what it inherits open.
  const std::string output_path = folder_ + "/output";
  std::string line = ShellWord(kRecipe);
  for (const std::string& word : arguments) {
    line += ' ';
    line += ShellWord(word);
  }
  line.append(" >").append(ShellWord(output_path)).append(" 2>&1");
  const int code = std::system(line.c_str());
  std::ostringstream output;
  output << std::ifstream(output_path).rdbuf();
  if (code != 0 && !may_fail) {
    std::cerr << line << "\n" << output.str() << std::endl;
    std::abort();
  }
  std::string text = output.str();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace segrid::tests
