// segrid warehouse: look at, or print, the tables of a warehouse source.

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "core/command_line/one_of.h"
#include "core/config/environment.h"
#include "core/config/load.h"
#include "core/receivers/factory/make_receiver.h"
#include "core/receivers/warehouse/ddl.h"

namespace segrid::cli {
namespace {

namespace warehouse = receivers::warehouse;

struct WarehouseFlags {
  std::string config;
  std::string data_dir;
  std::string source;
  std::string schema;
  std::string dialect = "postgresql";
  bool json = false;
};

// The warehouse sources that the flags mean.
absl::StatusOr<std::vector<config::Source>> FindSources(
    const WarehouseFlags& flags, std::string& data_dir) {
  auto config = config::Load(flags.config, config::ProcessEnvironment());
  if (!config.ok()) return config.status();
  data_dir = flags.data_dir.empty() ? config->data_dir : flags.data_dir;
  std::vector<config::Source> found;
  for (const config::Source& source : config->sources) {
    const bool is_meant = flags.source.empty() || source.name == flags.source;
    if (source.receiver == "warehouse" && is_meant) found.push_back(source);
  }
  if (!found.empty()) return found;
  return absl::NotFoundError(
      flags.source.empty()
          ? "the configuration has no source with 'receiver: "
            "warehouse'"
          : "the configuration has no warehouse source of that name");
}

void PrintProblem(const std::string& source, const std::string& problem,
                  bool json, Console& console) {
  if (!json) {
    console.out << source << ": " << Printable(problem) << "\n";
    return;
  }
  std::string line = "{\"source\":";
  AppendJsonString(line, source);
  AppendJsonString(line += ",\"problem\":", problem);
  console.out << line << "}\n";
}

int RunCheck(const WarehouseFlags& flags, Console& console) {
  std::string data_dir;
  const auto sources = FindSources(flags, data_dir);
  if (!sources.ok())
    return Fail(console, std::string(sources.status().message()));
  std::size_t problems = 0;
  for (const config::Source& source : *sources) {
    const auto loader =
        warehouse::MakeLoader(receivers::WarehouseOptionsOf(source, data_dir));
    if (!loader.ok()) {
      return Fail(console, std::string(loader.status().message()));
    }
    const auto checked = (*loader)->Check();
    if (!checked.ok()) {
      PrintProblem(source.name, std::string(checked.status().message()),
                   flags.json, console);
      ++problems;
      continue;
    }
    for (const std::string& problem : *checked) {
      PrintProblem(source.name, problem, flags.json, console);
    }
    problems += checked->size();
    if (checked->empty() && !flags.json) {
      console.out << source.name << ": OK, nothing is missing\n";
    }
  }
  if (problems == 0) return kDone;
  return Fail(console, problems == 1 ? "1 thing is missing or wrong"
                                     : std::to_string(problems) +
                                           " things are missing or wrong");
}

int RunDdl(const WarehouseFlags& flags, Console& console) {
  if (flags.config.empty()) {
    const bool is_sqlite = flags.dialect == "sqlite";
    const std::string schema =
        is_sqlite ? "" : (flags.schema.empty() ? "mail_events" : flags.schema);
    console.out << warehouse::Script(
        is_sqlite ? warehouse::Dialect::kSqlite : warehouse::Dialect::kPostgres,
        schema, warehouse::Tables({}));
    return kDone;
  }
  std::string data_dir;
  const auto sources = FindSources(flags, data_dir);
  if (!sources.ok())
    return Fail(console, std::string(sources.status().message()));
  for (const config::Source& source : *sources) {
    const auto options = receivers::WarehouseOptionsOf(source, data_dir).loader;
    const auto dialect = warehouse::DialectOf(options.database);
    console.out << "-- source " << source.name << "\n"
                << warehouse::Script(dialect,
                                     dialect == warehouse::Dialect::kSqlite
                                         ? ""
                                         : options.schema,
                                     options.tables);
  }
  return kDone;
}

void AddCheck(CLI::App& group, Action& chosen) {
  const auto flags = std::make_shared<WarehouseFlags>();
  CLI::App* command = group.add_subcommand(
      "check",
      "Connect and say which tables, columns and grants are missing; change "
      "nothing");
  command->add_option("--config", flags->config, "The server's configuration")
      ->type_name("FILE")
      ->required();
  command
      ->add_option("--data-dir", flags->data_dir,
                   "Instead of the configuration's data_dir")
      ->type_name("DIR");
  command
      ->add_option("--source", flags->source,
                   "One source; without it, all warehouse sources")
      ->type_name("NAME");
  command->add_flag("--json", flags->json, "Print a line of JSON per problem");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunCheck(*flags, console); };
  });
}

void AddDdl(CLI::App& group, Action& chosen) {
  const auto flags = std::make_shared<WarehouseFlags>();
  CLI::App* command = group.add_subcommand(
      "ddl",
      "Print the SQL that makes the schema, for those who make tables "
      "themselves (create_tables: false), with the grants that loading needs");
  CLI::Option* config =
      command
          ->add_option("--config", flags->config,
                       "Print it for the warehouse sources of a configuration")
          ->type_name("FILE");
  command
      ->add_option("--source", flags->source,
                   "With --config: one source; without it, all")
      ->type_name("NAME")
      ->needs(config);
  command
      ->add_option("--dialect", flags->dialect,
                   "Without --config: postgresql or sqlite")
      ->check(command_line::OneOf({"postgresql", "sqlite"}))
      ->excludes(config)
      ->capture_default_str();
  command
      ->add_option("--schema", flags->schema,
                   "Without --config: PostgreSQL's schema; mail_events when "
                   "not given")
      ->type_name("NAME")
      ->excludes(config);
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunDdl(*flags, console); };
  });
}

}  // namespace

void AddWarehouse(CLI::App& app, Action& chosen) {
  CLI::App* group = app.add_subcommand(
      "warehouse", "Look at the tables of a warehouse source");
  group->require_subcommand(1);
  AddCheck(*group, chosen);
  AddDdl(*group, chosen);
}

}  // namespace segrid::cli
