// Question: what does each path of a request cost the server, beside the parts
//           that nobody can avoid?
// Read as:  CPU time of a call; parts and wholes in the same round, on the same
//           bytes. `./dev bench` adds the parts up and divides them by the
//           whole; goals: bench/README.md.
//
//   segrid-path-bench [--only TransformRpc/json,RawEcho/json] [--rounds 5]

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_format.h"
#include "bench/micro/https_sink.h"
#include "bench/paths/server_measures.h"
#include "bench/stats/json_writer.h"
#include "bench/stats/metric_catalog.h"
#include "bench/stats/processor.h"
#include "bench/suite/interval.h"
#include "bench/suite/median.h"
#include "core/base/process.h"

namespace segrid::bench {
namespace {

struct Settings {
  PathOptions paths;
  std::vector<std::string> body_files;
  int rounds = 1;
  std::string out;
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "segrid-path-bench: %s\n",
               std::string(status.message()).c_str());
  return 1;
}

bool ReadBodyFiles(Settings& settings) {
  for (const std::string& path : settings.body_files) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      std::fprintf(stderr, "segrid-path-bench: cannot read %s\n", path.c_str());
      return false;
    }
    settings.paths.bodies.emplace_back(std::istreambuf_iterator<char>(file),
                                       std::istreambuf_iterator<char>());
  }
  return true;
}

// Writes the form of Google Benchmark, because the suite reads that.
bool WriteJson(const std::map<std::string, std::vector<Reading>>& readings,
               const std::string& path) {
  JsonWriter out;
  out.BeginObject();
  out.Key("processor");
  out.String(Processor());
  out.Key("benchmarks");
  out.BeginArray();
  for (const auto& [name, rounds] : readings) {
    for (const Reading& reading : rounds) {
      out.BeginObject();
      out.Key("name");
      out.String(name);
      out.Key("cpu_seconds");
      out.Number(reading.cpu_seconds);
      if (reading.calls_per_second > 0) {
        out.Key("items_per_second");
        out.Number(reading.calls_per_second);
      }
      if (reading.tracks_per_call > 0) {
        out.Key("tracks_per_call");
        out.Number(reading.tracks_per_call);
      }
      out.EndObject();
    }
  }
  out.EndArray();
  out.EndObject();
  std::ofstream file(path);
  file << std::move(out).Take() << "\n";
  file.close();
  return file.good();
}

void Print(const std::vector<Measure>& measures,
           const std::map<std::string, std::vector<Reading>>& readings) {
  for (const Measure& measure : measures) {
    std::vector<double> seconds, rates;
    for (const Reading& reading : readings.at(measure.name)) {
      seconds.push_back(reading.cpu_seconds);
      rates.push_back(reading.calls_per_second);
    }
    const double rate = MedianOf(rates);
    std::printf("%-24s %10s CPU a call  ±%.1f %%  %s\n", measure.name.c_str(),
                FormatValue(Unit::kSeconds, MedianOf(seconds)).c_str(),
                RelativeSpread(seconds) * 100,
                rate > 0 ? FormatValue(Unit::kPerSecond, rate).c_str() : "");
  }
  std::printf("%s\n", Processor().c_str());
}

int Main(Settings& settings) {
  if (!ReadBodyFiles(settings)) return 2;
  const HttpsSink sink;  // It forks: before other threads exist.
  const auto paths = PathMeasures::Start(settings.paths, sink);
  if (!paths.ok()) return Fail(paths.status());
  std::map<std::string, std::vector<Reading>> readings;
  for (int round = 0; round < settings.rounds; ++round) {
    for (const Measure& measure : (*paths)->measures()) {
      const absl::StatusOr<Reading> reading = measure.run();
      if (!reading.ok()) return Fail(reading.status());
      readings[measure.name].push_back(*reading);
    }
  }
  if (settings.out.empty()) {
    Print((*paths)->measures(), readings);
    return 0;
  }
  return WriteJson(readings, settings.out) ? 0 : 1;
}

}  // namespace
}  // namespace segrid::bench

int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  CLI::App app("CPU time of each path of a request, and of its parts.",
               "segrid-path-bench");
  segrid::bench::Settings settings;
  settings.paths.bin = std::filesystem::path(argv[0]).parent_path().string();
  app.add_option("--server-binary", settings.paths.server_binary,
                 "segrid-server [beside this program]");
  app.add_option("--body", settings.body_files,
                 "Webhook bodies whose events are sent [generated]");
  app.add_option("--only", settings.paths.only,
                 "Beginnings of the names to measure [all]")
      ->delimiter(',');
  app.add_option("--rounds", settings.rounds, "Rounds; the median is shown")
      ->capture_default_str()
      ->check(CLI::Range(1, 1000));
  app.add_option("--scale", settings.paths.scale, "Length of everything")
      ->capture_default_str()
      ->check(CLI::Range(0.01, 100.0));
  app.add_option("--out", settings.out, "Write JSON here instead");
  CLI11_PARSE(app, argc, argv);
  return segrid::bench::Main(settings);
}
