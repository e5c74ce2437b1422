#include "bench/load/settings.h"

#include <algorithm>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "bench/stats/process_stats.h"

namespace segrid::bench {
namespace {

constexpr std::int32_t kClosedConcurrency = 16;
constexpr std::int32_t kOpenConcurrency = 10'000;

std::string Loop(const RunOptions& options) {
  if (options.rates.empty()) {
    return absl::StrCat("closed, ", ConcurrencyOf(options), " in flight");
  }
  return absl::StrCat("open, ", absl::StrJoin(options.rates, " → "),
                      " calls/s, at most ", ConcurrencyOf(options),
                      " in flight");
}

std::string Events(const PayloadOptions& options) {
  const std::string size =
      options.batch > 0 ? absl::StrCat(options.batch, " events") : "";
  if (!options.bodies.empty()) {
    return absl::StrCat(options.bodies.size(), " bodies",
                        size.empty() ? " as they are" : ", cut to " + size);
  }
  return absl::StrCat(size.empty() ? "100 events" : size, " generated, seed ",
                      options.seed);
}

}  // namespace

std::int32_t ConcurrencyOf(const RunOptions& options) {
  if (options.concurrency > 0) return options.concurrency;
  if (!options.rates.empty()) return kOpenConcurrency;
  // HTTP has one request on a connection: more would only wait.
  if (options.payload.method == Method::kWebhook) return options.connections;
  return kClosedConcurrency;
}

std::int32_t ThreadsOf(const RunOptions& options) {
  if (options.threads > 0) return options.threads;
  const auto cores =
      static_cast<std::int32_t>(std::thread::hardware_concurrency());
  return std::clamp(cores / 2, 1, options.connections);
}

int FindServer(const RunOptions& options) {
  if (options.server_pid > 0) return options.server_pid;
  return FindListener(options.target.address);
}

std::vector<std::pair<std::string, std::string>> Describe(
    const RunOptions& options) {
  const PayloadOptions& payload = options.payload;
  const MethodRow& method = RowOf(payload.method);
  std::vector<std::pair<std::string, std::string>> settings = {
      {"server", options.target.address},
      {"method", std::string(method.name)},
      {"loop", Loop(options)},
      {"connections", absl::StrCat(options.connections)},
      {"threads", absl::StrCat(ThreadsOf(options))},
      {"batch", Events(payload)},
      {"input", payload.input == Input::kTyped ? "typed" : "json"},
  };
  if (method.is_stream) {
    settings.emplace_back("streams",
                          absl::StrCat(options.streams, " per connection"));
  }
  if (!method.is_forward && payload.method != Method::kEcho) {
    settings.emplace_back(
        "output", payload.output == Output::kTracks ? "tracks" : "batch");
  }
  if (payload.method == Method::kWebhook) {
    settings.emplace_back("signed", options.sign_key.empty() ? "no" : "yes");
  }
  if (payload.method == Method::kEcho) {
    settings.emplace_back("answer bytes", absl::StrCat(payload.answer_bytes));
  }
  settings.emplace_back("transport", !options.target.tls ? "plain text"
                                     : options.target.files.cert.empty()
                                         ? "TLS"
                                         : "mTLS");
  settings.emplace_back("warm-up", absl::FormatDuration(options.warmup));
  if (options.count > 0) {
    settings.emplace_back("count", absl::StrCat(options.count));
  } else {
    settings.emplace_back("duration", absl::FormatDuration(options.duration));
  }
  settings.emplace_back("timeout", absl::FormatDuration(options.timeout));
  return settings;
}

}  // namespace segrid::bench
