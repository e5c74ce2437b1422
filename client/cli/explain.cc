// segrid explain: why one event became what it became.

#include <memory>
#include <string>

#include "client/cli/body.h"
#include "client/cli/columns.h"
#include "client/cli/commands.h"
#include "client/cli/event_check.h"
#include "client/cli/event_splitter.h"
#include "client/cli/event_trace.h"
#include "client/cli/json.h"
#include "client/cli/json_values.h"
#include "client/cli/safe_text.h"
#include "client/cli/table.h"
#include "client/cli/transform_offline.h"
#include "core/command_line/number_within.h"

namespace segrid::cli {
namespace {

struct ExplainFlags {
  BodyFlags body;
  std::string config;
  std::string source;
  std::int32_t index = 0;
  bool json = false;
};

void PrintJson(Console& console, std::int32_t index, const EventTrace& trace) {
  std::string line = "{\"index\":" + std::to_string(index) + ",\"outcome\":";
  AppendJsonString(line, trace.outcome);
  line += ",\"detail\":";
  AppendJsonString(line, trace.detail);
  line +=
      ",\"track\":" + (trace.track.empty() ? "null" : SafeJson(trace.track));
  line += ",\"fields\":[";
  for (const FieldTrace& field : trace.fields) {
    if (line.back() != '[') line += ",";
    line += "{\"key\":";
    AppendJsonString(line, field.key);
    line += ",\"type\":";
    AppendJsonString(line, field.type);
    line += ",\"becomes\":";
    AppendJsonString(line, field.becomes);
    line += ",\"note\":";
    AppendJsonString(line, field.note);
    line += "}";
  }
  console.out << line << "]}\n";
}

void PrintText(Console& console, std::int32_t index, const EventTrace& trace) {
  console.out << "event " << index;
  if (!trace.event.empty())
    console.out << " (" << Printable(trace.event) << ")";
  if (trace.track.empty()) {
    console.out << ": no Track: "
                << Painted(console, trace.outcome, Colour::kWarning) << ", "
                << trace.detail << "\n";
  } else {
    console.out << ": "
                << Painted(console, Printable(trace.detail), Colour::kGood)
                << "\n";
  }
  Table table({"FIELD", "TYPE", "BECOMES", "NOTE"});
  for (const FieldTrace& field : trace.fields) {
    table.Add({field.key, field.type,
               field.becomes.empty() ? "-" : field.becomes, field.note});
  }
  table.Print(console);
  if (!trace.track.empty())
    console.out << Printable(trace.track, 40'000) << "\n";
}

// The event with this number. INVALID_ARGUMENT: there is none, or it is none.
Result<std::string> FindEvent(const std::string& body, std::int32_t index) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  EventSplitter splitter = SplitText(body);
  std::int64_t count = 0;
  while (const auto item = *splitter.Next()) {
    count = item->index + 1;
    if (item->index != index) continue;
    if (item->kind == ArchiveItem::Kind::kEvent) {
      error.message = EventCheck().WhyNoEvent(item->text, item->byte);
      if (error.message.empty()) return std::string(item->text);
    } else {
      error.message = item->why;
    }
    error.message.insert(0, PlaceOf(*item) + ": ");
    return error;
  }
  error.message = "has " + Counted(count, "event") + "; --index counts from 0";
  return error;
}

int RunExplain(const ExplainFlags& flags, Console& console) {
  const auto options = LoadSettings(flags.config, flags.source);
  if (!options.ok()) return FailInLines(console, options.status());
  const Result<std::string> body = ReadBody(flags.body);
  if (!body.ok()) return Fail(console, body.error().message);
  const Result<std::string> event = FindEvent(*body, flags.index);
  if (!event.ok()) {
    return Fail(console, NameOf(flags.body) + ": " + event.error().message);
  }
  const auto trace = TraceEvent("[" + *event + "]", *options);
  if (!trace.ok()) {
    return Fail(console, NameOf(flags.body) + ": " +
                             std::string(trace.status().message()));
  }
  if (flags.json) {
    PrintJson(console, flags.index, *trace);
  } else {
    PrintText(console, flags.index, *trace);
  }
  return kDone;
}

}  // namespace

void AddExplain(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<ExplainFlags>();
  CLI::App* command = app.add_subcommand(
      "explain", "Show what became of each field of one event, and why");
  AddBodyFlags(*command, flags->body);
  command
      ->add_option("--index", flags->index,
                   "Which event of the body, counted from 0")
      ->type_name("N")
      ->check(command_line::NotNegative())
      ->capture_default_str();
  CLI::Option* config =
      command
          ->add_option("--config", flags->config,
                       "A server's configuration, for the settings of --source")
          ->type_name("FILE");
  CLI::Option* source =
      command
          ->add_option("--source", flags->source, "Use this source's settings")
          ->type_name("NAME");
  ExplainColumns(*command,
                 {{"FIELD", "The field as SendGrid posts it"},
                  {"TYPE", "Its JSON type"},
                  {"BECOMES", "The place in the Track that it is written to"},
                  {"NOTE", "What was converted or left out, and why"}});
  config->needs(source);
  source->needs(config);
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunExplain(*flags, console); };
  });
}

}  // namespace segrid::cli
