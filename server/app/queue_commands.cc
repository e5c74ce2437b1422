#include "server/app/queue_commands.h"

#include <iostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/config/config.h"
#include "core/config/quantity.h"
#include "core/queue/rocksdb/fsck.h"
#include "core/queue/rocksdb/repair.h"
#include "server/app/backup.h"
#include "server/app/exit_code.h"
#include "core/engine/open_queue.h"
#include "server/app/settings.h"

namespace segrid::app {
namespace {

int PrintError(const absl::Status& status, ExitCode code) {
  std::cerr << "segrid-server: " << status.message() << std::endl;
  return code;
}

void PrintLedgers(const std::vector<queue::LaneStats>& lanes) {
  for (const queue::LaneStats& s : lanes) {
    std::cout << "source " << s.lane << ": accepted " << s.accepted
              << " = delivered " << s.delivered << " + pending " << s.pending
              << " + dead " << s.dead << " + expired " << s.expired
              << " + purged " << s.purged << "; duplicates " << s.duplicates
              << "\n";
  }
}

}  // namespace

int CheckQueue(const CommandLine& line) {
  const absl::StatusOr<config::Config> config = LoadSettings(line);
  if (!config.ok()) return PrintError(config.status(), kExitBadConfig);
  const std::string directory = engine::QueueDirectory(*config);
  const auto report = queue::rocksdb::Fsck(directory);
  if (!report.ok()) return PrintError(report.status(), kExitStartFailed);
  const bool sound = report->problems.empty();
  std::cout << "queue in " << directory << ": " << (sound ? "sound" : "DAMAGED")
            << "\n";
  PrintLedgers(report->lanes);
  std::cout << "read: " << report->messages << " pending Tracks in "
            << report->chunks << " chunks, " << report->dead_letters
            << " dead letters, " << report->ids
            << " remembered ids; last commit " << report->commit << "\n";
  for (const std::string& problem : report->problems) {
    std::cout << "damage: " << problem << "\n";
  }
  if (!sound) {
    std::cout << (report->opens
                      ? "the server starts with it, and says what it meets"
                      : "the server does not start with it")
              << "; copy the directory, then run: segrid-server repair\n";
  }
  std::cout << std::flush;
  return sound ? kExitOk : kExitStartFailed;
}

int RepairQueue(const CommandLine& line) {
  const absl::StatusOr<config::Config> config = LoadSettings(line);
  if (!config.ok()) return PrintError(config.status(), kExitBadConfig);
  const std::string directory = engine::QueueDirectory(*config);
  std::vector<std::string> sources;
  for (const config::Source& source : config->sources) {
    sources.push_back(config::LaneOf(source));
  }
  const auto report = queue::rocksdb::Repair(directory, sources);
  if (!report.ok()) return PrintError(report.status(), kExitStartFailed);
  for (const std::string& action : report->actions) {
    std::cout << "repair: " << action << "\n";
  }
  std::cout << "queue in " << directory << ": "
            << (report->actions.empty() ? "was sound" : "repaired") << ", "
            << report->lost_messages << " accepted Tracks lost\n";
  PrintLedgers(report->lanes);
  std::cout << std::flush;
  return kExitOk;
}

int BackUpData(const CommandLine& line) {
  const absl::StatusOr<config::Config> config = LoadSettings(line);
  if (!config.ok()) return PrintError(config.status(), kExitBadConfig);
  const auto report = BackUp(
      config->data_dir, line.backup_dir,
      config::ParseDuration(line.backup_patience).value_or(absl::Minutes(1)));
  if (!report.ok()) return PrintError(report.status(), kExitStartFailed);
  std::cout << "backup of " << config->data_dir << " in " << report->directory
            << ": " << report->files << " files, " << report->bytes
            << " bytes, of a " << (report->hot ? "running" : "stopped")
            << " server\n"
            << std::flush;
  return kExitOk;
}

}  // namespace segrid::app
