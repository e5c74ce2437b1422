#include "bench/paths/path_servers.h"

#include <fstream>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);
constexpr absl::Duration kPoll = absl::Milliseconds(10);

// The text between `before` and the next quote in the log; "" as long as it is
// not there.
std::string Quoted(const std::string& log_path, std::string_view before) {
  std::ifstream file(log_path, std::ios::binary);
  const std::string log{std::istreambuf_iterator<char>(file), {}};
  const std::size_t found = log.find(before);
  if (found == std::string::npos) return "";
  const std::size_t begin = found + before.size();
  const std::size_t end = log.find('"', begin);
  return end == std::string::npos ? "" : log.substr(begin, end - begin);
}

std::string SourceOf(const DeliveryTarget& target) {
  if (target.endpoint.empty()) {
    return "{name: bench, receiver: file, path: tracks.ndjson, "
           "requests_per_second: 1}";
  }
  return absl::StrCat("{name: bench, receiver: segment, endpoint: \"",
                      target.endpoint, "\", ca_file: \"", target.ca_file,
                      "\", write_key: bench-key, requests_per_second: 10000}");
}

}  // namespace

absl::StatusOr<ProductServer> StartProductServer(const std::string& binary,
                                                 const std::string& public_key,
                                                 const DeliveryTarget& target,
                                                 const std::string& directory) {
  SEGRID_ASSIGN_OR_RETURN(
      RunningServer server,
      StartConfigured(
          binary,
          absl::StrCat("data_dir: ", directory,
                       "/data\n"
                       "grpc: {listen: [\"127.0.0.1:0\"]}\n"
                       "http: {listen: [\"127.0.0.1:0\"]}\n"
                       "admin: {listen: [\"127.0.0.1:0\"]}\n"
                       "webhooks: [{name: default, public_keys: [\"",
                       public_key, "\"]}]\n", "sources: [", SourceOf(target),
                       "]\n"
                       "logging: {level: info, format: json}\n"
                       "drain: {grace: 0s}\n"),
          directory));
  const std::string log = directory + "/server.log";
  std::string http;
  for (const absl::Time end = absl::Now() + kPatience;
       http.empty() && absl::Now() < end;) {
    http = Quoted(log, "\"http\":\"");
    if (http.empty()) absl::SleepFor(kPoll);
  }
  if (http.empty()) {
    return absl::UnavailableError("the server's log names no HTTP address");
  }
  return ProductServer{std::move(server.process), server.address, http};
}

absl::StatusOr<RunningServer> StartHttpEcho(const std::string& binary,
                                            std::int64_t answer_bytes,
                                            const std::string& directory) {
  constexpr std::string_view kPrefix = "listening ";
  const std::string log = directory + "/http-echo.log";
  SEGRID_ASSIGN_OR_RETURN(
      ChildProcess process,
      ChildProcess::Start(
          {binary, "--answer-bytes", absl::StrCat(answer_bytes)}, log));
  SEGRID_ASSIGN_OR_RETURN(const std::string line,
                          AwaitLine(process, log, log, kPatience));
  if (!line.starts_with(kPrefix)) {
    return absl::UnavailableError("the HTTP echo said: " + line);
  }
  return RunningServer{std::move(process), line.substr(kPrefix.size())};
}

}  // namespace segrid::bench
