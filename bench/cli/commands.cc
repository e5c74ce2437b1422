#include "bench/cli/commands.h"

#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "bench/load/target.h"
#include "bench/report/compare.h"
#include "bench/report/report.h"
#include "bench/stats/codes.h"
#include "core/crypto/webhook_signer.h"

namespace segrid::bench {
namespace {

constexpr int kFailed = 1;
constexpr std::int32_t kUsualMaxEvents = 10'000;  // The server's default.

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "segrid-bench: %s\n",
               std::string(status.message()).c_str());
  return kFailed;
}

// One line that is written over on a terminal; lines elsewhere.
void ShowProgress(const std::string& line) {
  if (isatty(STDERR_FILENO)) {
    std::fprintf(stderr, "\r\x1b[K%s", line.c_str());
  } else {
    std::fprintf(stderr, "%s\n", line.c_str());
  }
  std::fflush(stderr);
}

void ClearProgress() {
  if (isatty(STDERR_FILENO)) std::fputs("\r\x1b[K", stderr);
}

bool AllMet(const std::vector<Verdict>& verdicts) {
  return std::all_of(verdicts.begin(), verdicts.end(),
                     [](const Verdict& verdict) { return verdict.is_met; });
}

// What makes a measurement worthless, whatever was expected of it.
std::string WhyWorthless(const RunResult& run) {
  if (run.total.codes[kBadAnswer] > 0) {
    return "the server gave wrong answers (" + run.first_error + ")";
  }
  if (run.total.successes() == 0) {
    return absl::StrCat(
        "no call of ", run.total.calls(), " succeeded",
        run.first_error.empty() ? "" : " (" + run.first_error + ")");
  }
  return "";
}

absl::Status Write(const RunResult& run, const std::vector<Verdict>& verdicts,
                   const ReportOptions& options) {
  if (options.json_path != "-" && options.html_path != "-") {
    std::fputs(TableReport(run, verdicts).c_str(), stdout);
  }
  absl::Status status;
  if (!options.json_path.empty()) {
    status.Update(WriteReport(options.json_path, JsonReport(run, verdicts)));
  }
  if (!options.html_path.empty()) {
    status.Update(WriteReport(options.html_path, HtmlReport(run, verdicts)));
  }
  return status;
}

}  // namespace

int Execute(const RpcCommand& command) {
  std::function<void(const Progress&)> progress;
  if (command.report.show_progress) {
    progress = [last_shown = -1.0](const Progress& now) mutable {
      if (now.seconds - last_shown < 0.5) return;
      last_shown = now.seconds;
      ShowProgress(ProgressLine(now));
    };
  }
  const absl::StatusOr<RunResult> run = Run(command.run, progress);
  if (command.report.show_progress) ClearProgress();
  if (!run.ok()) return Fail(run.status());
  // A report of nothing would be a page of zeros.
  if (run->total.successes() == 0) {
    std::string why = WhyWorthless(*run);
    if (command.run.payload.method == Method::kWebhook) {
      const std::string hint = WhyNoWebhook(command.run.target);
      if (!hint.empty()) absl::StrAppend(&why, ": ", hint);
    }
    if (command.run.payload.batch > kUsualMaxEvents) {
      absl::StrAppend(&why, ": --batch ", command.run.payload.batch,
                      " is over the ", kUsualMaxEvents,
                      " events that a server takes in a call unless its "
                      "grpc.max_events says more");
    }
    return Fail(absl::UnknownError(
        absl::StrCat(why, "; nothing was measured, so no report is written")));
  }
  const std::vector<Verdict> verdicts =
      Judge(command.report.expectations, *run);
  const absl::Status written = Write(*run, verdicts, command.report);
  if (!written.ok()) return Fail(written);
  const std::string worthless = WhyWorthless(*run);
  if (!worthless.empty()) return Fail(absl::UnknownError(worthless));
  return AllMet(verdicts) ? 0 : kFailed;
}

int Execute(const CompareCommand& command) {
  const absl::StatusOr<ResultFile> a = ReadResultFile(command.a);
  if (!a.ok()) return Fail(a.status());
  const absl::StatusOr<ResultFile> b = ReadResultFile(command.b);
  if (!b.ok()) return Fail(b.status());
  const absl::StatusOr<Comparison> comparison =
      Compare(*a, *b, command.expectations);
  if (!comparison.ok()) return Fail(comparison.status());
  std::printf("A = %s\nB = %s\n\n%s%s", command.a.c_str(), command.b.c_str(),
              comparison->differences.c_str(), comparison->table.c_str());
  if (!comparison->verdicts.empty()) std::fputs("\n", stdout);
  for (const Verdict& verdict : comparison->verdicts) {
    std::printf("  %s  %s\n", verdict.is_met ? "met    " : "NOT MET",
                verdict.text.c_str());
  }
  return AllMet(comparison->verdicts) ? 0 : kFailed;
}

int Execute(const EchoCommand& command) {
  // Blocked before gRPC's threads start, so that they inherit it and the
  // signals wait for sigwait().
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto server = EchoServer::Start(command.options);
  if (!server.ok()) return Fail(server.status());
  std::printf("listening %s\n", (*server)->address().c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  return 0;
}

int Execute(const HttpKeyCommand& command) {
  const crypto::WebhookSigner key = crypto::WebhookSigner::Generate();
  const int file =
      open(command.path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return Fail(
        absl::UnavailableError(command.path + ": " + std::strerror(errno)));
  }
  const std::string pem = key.Pem();
  const bool written = write(file, pem.data(), pem.size()) == std::ssize(pem);
  close(file);
  if (!written) {
    return Fail(absl::UnavailableError(command.path + ": cannot be written"));
  }
  std::printf("%s\n", key.PublicKey().c_str());
  return 0;
}

int Execute(const SuiteCommand& command) {
  const absl::StatusOr<SuiteResult> result =
      RunSuite(command.suite, [](const std::string& line) {
        if (isatty(STDERR_FILENO)) ShowProgress(line);
      });
  ClearProgress();
  if (!result.ok()) return Fail(result.status());
  if (command.json_path != "-") std::fputs(SuiteTable(*result).c_str(), stdout);
  if (!command.json_path.empty()) {
    const absl::Status written =
        WriteReport(command.json_path, SuiteJson(*result));
    if (!written.ok()) return Fail(written);
  }
  const bool can_be =
      std::all_of(result->rows.begin(), result->rows.end(),
                  [](const SuiteRow& row) { return row.impossible.empty(); });
  if (!can_be) return kFailed;
  const bool all_met = std::all_of(
      result->rows.begin(), result->rows.end(),
      [](const SuiteRow& row) { return row.is_met.value_or(true); });
  return all_met || !command.must_meet_goals ? 0 : kFailed;
}

}  // namespace segrid::bench
