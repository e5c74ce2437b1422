#include "bench/suite/servers.h"

#include <fstream>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// NOT_FOUND instead of a child that ends at once with nothing to say.
absl::Status CheckIsFile(const std::string& binary) {
  if (binary.find('/') == std::string::npos || std::ifstream(binary)) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(
      absl::StrCat(binary,
                   ": no such program; build it, or say where it is "
                   "with --server-binary"));
}

}  // namespace

absl::StatusOr<RunningServer> StartConfigured(const std::string& binary,
                                              const std::string& yaml,
                                              const std::string& directory) {
  const std::string config = directory + "/server.yaml";
  const std::string log = directory + "/server.log";
  const std::string port_file = directory + "/port";
  std::ofstream(config) << yaml;
  SEGRID_ASSIGN_OR_RETURN(
      ChildProcess process,
      ChildProcess::Start(
          {binary, "--config", config, "--port-file", port_file}, log));
  SEGRID_ASSIGN_OR_RETURN(const std::string port,
                          AwaitLine(process, port_file, log, kPatience));
  return RunningServer{std::move(process), "127.0.0.1:" + port};
}

absl::StatusOr<RunningServer> StartProduct(const std::string& binary,
                                           const std::string& directory) {
  SEGRID_RETURN_IF_ERROR(CheckIsFile(binary));
  // Delivery would take CPU time from what is measured: at most a batch a
  // second.
  return StartConfigured(
      binary,
      absl::StrCat("data_dir: ", directory,
                   "/data\n"
                   "grpc: {listen: [\"127.0.0.1:0\"]}\n"
                   "http: {listen: [\"127.0.0.1:0\"]}\n"
                   "admin: {listen: [\"127.0.0.1:0\"]}\n"
                   "sources:\n"
                   "  - {name: bench, receiver: file, "
                   "path: tracks.ndjson, requests_per_second: 1}\n"
                   "logging: {level: warning, format: text}\n"),
      directory);
}

absl::StatusOr<RunningServer> StartEcho(const std::string& binary,
                                        const std::string& directory) {
  constexpr std::string_view kPrefix = "listening ";
  const std::string log = directory + "/echo.log";
  SEGRID_ASSIGN_OR_RETURN(
      ChildProcess process,
      ChildProcess::Start({binary, "echo-server", "--listen", "127.0.0.1:0"},
                          log));
  SEGRID_ASSIGN_OR_RETURN(const std::string line,
                          AwaitLine(process, log, log, kPatience));
  if (!line.starts_with(kPrefix)) {
    return absl::UnavailableError("the echo server said: " + line);
  }
  return RunningServer{std::move(process), line.substr(kPrefix.size())};
}

}  // namespace segrid::bench
