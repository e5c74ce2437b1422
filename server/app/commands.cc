#include "server/app/commands.h"

#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

#include "absl/status/statusor.h"
#include "core/base/clock.h"
#include "core/base/error_info.h"
#include "core/config/describe.h"
#include "core/config/warnings.h"
#include "core/receivers/factory/make_receiver.h"
#include "server/app/application.h"
#include "server/app/chores.h"
#include "server/app/exit_code.h"
#include "server/app/grpc_handshakes.h"
#include "server/app/passed_sockets.h"
#include "server/app/reloader.h"
#include "server/app/settings.h"
#include "server/app/signals.h"
#include "server/app/source_log.h"
#include "server/app/supervisor.h"
#include "server/logging/log.h"

namespace segrid::app {
namespace {

int PrintError(const absl::Status& status, ExitCode code) {
  std::cerr << "segrid-server: " << status.message() << std::endl;
  return code;
}

// A wrong option is a usage error; everything else is in the file.
int PrintSettingsError(const absl::Status& status) {
  const bool usage = base::ReasonOf(status) == "INSECURE_LISTEN";
  return PrintError(status, usage ? kExitUsage : kExitBadConfig);
}

logging::Options LogOptionsOf(const config::Logging& logging) {
  logging::Options options;
  options.level = logging::LevelFromName(logging.level);
  options.format = logging::FormatFromName(logging.format);
  return options;
}

// Writes beside the file and renames, so a reader never sees half of it.
absl::Status WritePortFile(const std::string& path, int port) {
  if (path.empty()) return absl::OkStatus();
  const std::string draft = path + ".new";
  std::ofstream file(draft, std::ios::trunc);
  file << port << "\n";
  file.close();
  std::error_code error;
  if (file) std::filesystem::rename(draft, path, error);
  if (file && !error) return absl::OkStatus();
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_PORT_FILE",
      "--port-file '" + path + "' cannot be written" +
          (error ? ": " + error.message() : "") +
          "; name a file in a directory that is there and can be written");
}

// With what the log can still say, because _exit runs no destructor.
[[noreturn]] void ExitAtOnce(logging::Log& log, ExitCode code) {
  constexpr absl::Duration kToSaySo = absl::Milliseconds(100);
  log.Flush(kToSaySo);
  ::_exit(code);
}

// Says so and ends the process.
[[noreturn]] void ExitStuck(logging::Log& log) {
  log.Error("stuck: something did not end within drain.grace");
  ExitAtOnce(log, kExitStuck);
}

}  // namespace

int Serve(CommandLine line) {
  absl::StatusOr<PassedSockets> sockets = TakePassedSockets();
  if (!sockets.ok()) return PrintError(sockets.status(), kExitStartFailed);
  line.sockets = *std::move(sockets);
  Settings settings;
  absl::StatusOr<config::Config> config = LoadSettings(line, settings.files);
  if (!config.ok()) return PrintSettingsError(config.status());
  settings.config = *config;
  settings.file = line.config_file;
  // Before the service: its threads use these.
  ReloadRequests reloads;
  const Supervisor supervisor = Supervisor::FromEnvironment();
  base::SystemClock clock;
  logging::Log log(LogOptionsOf(config->logging), clock);
  for (const std::string& warning : config::Warnings(*config)) {
    log.Warning("the configuration may not be meant so", {{"detail", warning}});
  }
  absl::StatusOr<std::unique_ptr<Application>> application = Application::Start(
      {.config = *std::move(config), .reload_requests = &reloads}, log, clock);
  if (!application.ok()) {
    return PrintError(application.status(), kExitStartFailed);
  }
  Application& running = **application;
  const HandshakeWatch handshakes([&running](tls::HandshakeFailure failure) {
    running.OnGrpcHandshake(failure);
  });
  if (const absl::Status status = WritePortFile(line.port_file, running.port());
      !status.ok()) {
    reloads.Close();
    return PrintError(status, kExitStartFailed);
  }
  const Reloader reloader(
      {line, running, log, supervisor, reloads, std::move(settings)});
  Chores chores(running, supervisor, reloads);
  const SignalThread signals({[&running] { running.RequestStop(); },
                              [&log] { ExitAtOnce(log, kExitInterrupted); },
                              [&reloads] { reloads.Reload(); },
                              [&chores] { chores.DoWhatIsDue(); },
                              chores.interval()});
  log.Info("ready", {{"port", std::int64_t{running.port()}}});
  supervisor.Ready("serving");
  running.WaitForStop();
  const config::Drain drain = running.drain();
  supervisor.Stopping(drain.delay + drain.grace + absl::Seconds(2));
  running.Drain([&log] { ExitStuck(log); });
  return kExitOk;
}

// Tells the problems of warehouses' databases, as warnings, because the
// configuration may be good while a database is away.
void WarnOfWarehouses(const config::Config& config) {
  for (const config::Source& source : config.sources) {
    if (source.receiver != "warehouse") continue;
    for (const receivers::WarehouseProblem& problem :
         receivers::FindWarehouseProblems(source, config.data_dir)) {
      if (problem.is_mended) continue;
      std::cerr << "segrid-server: warning: source '" << source.name
                << "': " << problem.text << "\n";
    }
  }
}

int Validate(const CommandLine& line) {
  const absl::StatusOr<config::Config> config = LoadSettings(line);
  if (!config.ok()) return PrintSettingsError(config.status());
  for (const std::string& warning : config::Warnings(*config)) {
    std::cerr << "segrid-server: warning: " << warning << "\n";
  }
  WarnOfWarehouses(*config);
  const absl::StatusOr<std::string> summary = Summarize(*config);
  if (!summary.ok()) return PrintSettingsError(summary.status());
  std::cout << "OK\n" << *summary << std::flush;
  return kExitOk;
}

int ShowConfig(const CommandLine& line) {
  const absl::StatusOr<config::Config> config = LoadSettings(line);
  if (!config.ok()) return PrintSettingsError(config.status());
  std::cout << config::Describe(*config) << std::flush;
  return kExitOk;
}

}  // namespace segrid::app
