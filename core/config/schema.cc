#include "core/config/schema.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "core/base/data_file.h"
#include "core/base/database_address.h"
#include "core/config/source_tag.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

constexpr std::int64_t kMib = std::int64_t{1} << 20;
constexpr std::int64_t kGib = std::int64_t{1} << 30;
constexpr std::int64_t kTib = std::int64_t{1} << 40;

constexpr std::array<std::string_view, 2> kStores = {"embedded", "memory"};
constexpr std::array<std::string_view, 4> kLevels = {"debug", "info", "warning",
                                                     "error"};
constexpr std::array<std::string_view, 2> kFormats = {"json", "text"};

std::string Element(std::size_t index, std::string_view key) {
  return Concat({"sources[", std::to_string(index), "].", key});
}

// Notes the sources of which `values[i]` was already there; `say` gives the
// message from the name and the line of the first. "" is no value.
template <class Say>
void CheckUnique(Fields& fields, const std::vector<std::string>& values,
                 std::string_view key, Say say) {
  std::map<std::string, std::size_t> first;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].empty()) continue;
    const auto [seen, is_new] = first.emplace(values[i], i);
    if (is_new) continue;
    fields.Check(
        false, Element(i, key),
        say(seen->second,
            std::to_string(fields.LineOf(Element(seen->second, key)))));
  }
}

// Where a warehouse's tables are, or "".
std::string TablesOf(const Source& source) {
  if (source.receiver != "warehouse" || source.database.empty()) return "";
  const std::string identity = base::DatabaseIdentityOf(source.database);
  if (base::SqliteFileOf(source.database)) return identity;
  return Concat(
      {identity, " ",
       source.schema.empty() ? SchemaOf(LaneOf(source)) : source.schema});
}

// The files below data_dir that receivers write to. `paths`: those of receiver
// `file`, or "".
void CheckFiles(Fields& fields, const std::vector<Source>& sources,
                const std::vector<std::string>& paths,
                const std::string& data_dir) {
  for (std::size_t i = 0; i < sources.size(); ++i) {
    const auto tables = base::SqliteFileOf(sources[i].database);
    const std::string key = Element(i, tables ? "database" : "path");
    const std::string file = tables.value_or(sources[i].path);
    if (file.empty() || !fields.IsGood(key)) continue;
    std::string problem = base::DescribeBadDataFile(data_dir, file);
    const bool is_written =
        tables && std::find(paths.begin(), paths.end(),
                            std::filesystem::path(file).lexically_normal()) !=
                      paths.end();
    if (is_written) {
      problem = "another source writes to this file; give each its own";
    }
    fields.Check(problem.empty(), key, problem);
  }
}

// The names of `was` are nobody's else: two sources with one lane would take
// each other's messages.
void CheckOldNames(Fields& fields, const std::vector<Source>& sources) {
  std::map<std::string, std::string> taken;  // In lower case; whose it is.
  for (std::size_t i = 0; i < sources.size(); ++i) {
    taken.emplace(absl::AsciiStrToLower(sources[i].name),
                  Concat({"the source '", sources[i].name, "' in line ",
                          std::to_string(fields.LineOf(Element(i, "name")))}));
  }
  for (std::size_t i = 0; i < sources.size(); ++i) {
    for (std::size_t j = 0; j < sources[i].was.size(); ++j) {
      const std::string key =
          Concat({Element(i, "was"), "[", std::to_string(j), "]"});
      const auto [before, is_new] = taken.emplace(
          absl::AsciiStrToLower(sources[i].was[j]),
          Concat({"'was' in line ", std::to_string(fields.LineOf(key))}));
      fields.Check(
          is_new, key,
          Concat({"is taken by ", before->second,
                  "; an old name belongs to one source alone, and differs from "
                  "all names by more than the case of letters"}));
    }
  }
}

// Checks what must hold between sources.
void CheckSources(Fields& fields, const std::vector<Source>& sources,
                  const std::string& data_dir) {
  std::vector<std::string> names, lower, tags, paths;
  std::set<std::string> lanes;
  for (const Source& source : sources) {
    names.push_back(source.name);

    // Duplicates, and those of one lane, have one tag by nature; say that once.
    const bool is_duplicate = std::find(names.begin(), names.end() - 1,
                                        source.name) != names.end() - 1;
    lower.push_back(is_duplicate ? "" : absl::AsciiStrToLower(source.name));
    const bool is_new_lane = lanes.insert(LaneOf(source)).second;
    tags.push_back(is_new_lane && !source.name.empty() ? TagOf(LaneOf(source))
                                                       : "");
    const bool is_file = source.receiver == "file" && !source.path.empty();
    paths.push_back(
        is_file ? std::filesystem::path(source.path).lexically_normal() : "");
  }
  CheckUnique(fields, names, "name", [](std::size_t, const std::string& line) {
    return Concat({"another source has this name, see line ", line,
                   "; names must be unique"});
  });
  CheckUnique(
      fields, lower, "name", [&](std::size_t first, const std::string& line) {
        return Concat({"differs from source '", names[first], "' in line ",
                       line,
                       " only in the case of letters; choose another name"});
      });
  CheckUnique(
      fields, tags, "name", [&](std::size_t first, const std::string& line) {
        return Concat({"has the same tag '", tags[first], "' as source '",
                       names[first], "' in line ", line,
                       "; tags keep message ids of sources apart: ",
                       "choose another name"});
      });
  CheckOldNames(fields, sources);
  CheckFiles(fields, sources, paths, data_dir);
  std::vector<std::string> databases;
  for (const Source& source : sources) databases.push_back(TablesOf(source));
  CheckUnique(
      fields, databases, "database", [](std::size_t, const std::string& line) {
        return Concat({"another source loads into the same tables, see line ",
                       line, "; give each its own schema or file"});
      });
  CheckUnique(fields, paths, "path", [](std::size_t, const std::string& line) {
    return Concat({"another source writes to this file, see line ", line,
                   "; give each its own"});
  });
}

// A replay window that nobody chose is not longer than the deduplication that
// makes replays harmless.
void ShortenReplayWindows(Fields& fields, Config& config) {
  for (std::size_t i = 0; i < config.webhooks.size(); ++i) {
    const std::string key =
        Concat({"webhooks[", std::to_string(i), "].replay_window"});
    absl::Duration& window = config.webhooks[i].replay_window;
    if (fields.LineOf(key) > 0 || window == absl::ZeroDuration()) continue;
    window = std::min(window, config.queue.dedup_window);
  }
}

}  // namespace

void Rows(Fields& fields, Config& config) {
  fields.Text("data_dir", config.data_dir, {});
  fields.Bytes("max_bytes_in_flight", config.max_bytes_in_flight, {kMib, kTib});
  fields.Section("grpc", config.grpc);
  fields.Section("http", config.http);
  fields.Section("admin", config.admin);
  fields.Sections("webhooks", config.webhooks, kMaxWebhooks);
  fields.Section("queue", config.queue);
  fields.Sections("sources", config.sources, kMaxSources);
  fields.Section("logging", config.logging);
  fields.Section("drain", config.drain);
  fields.Section("reload", config.reload);
  if (fields.Has("queue")) ShortenReplayWindows(fields, config);
  if (fields.Has("sources"))
    CheckSources(fields, config.sources, config.data_dir);
  CheckListeners(fields, config);
}

void Rows(Fields& fields, Queue& queue) {
  std::string store(kStores[queue.store == Queue::Store::kEmbedded ? 0 : 1]);
  fields.Word("store", store, kStores);
  queue.store =
      store == kStores[0] ? Queue::Store::kEmbedded : Queue::Store::kMemory;
  fields.Bytes("max_bytes", queue.max_bytes, {kMib, 1024 * kTib});
  fields.Bytes("max_source_bytes", queue.max_source_bytes, {kMib, 1024 * kTib});
  fields.Bytes("max_dead_letter_bytes", queue.max_dead_letter_bytes,
               {kMib, kTib});
  fields.Duration("max_dead_letter_age", queue.max_dead_letter_age,
                  {absl::Minutes(1), absl::Hours(8'760)});
  fields.Bytes("reserve_bytes", queue.reserve_bytes, {0, kTib});
  fields.Duration("dedup_window", queue.dedup_window,
                  {absl::Minutes(1), absl::Hours(720)});
  fields.Bytes("dedup_memory", queue.dedup_memory_bytes, {kMib, 64 * kGib});
}

void Rows(Fields& fields, Logging& logging) {
  fields.Word("level", logging.level, kLevels);
  fields.Word("format", logging.format, kFormats);
}

void Rows(Fields& fields, Drain& drain) {
  fields.Duration("delay", drain.delay, {absl::ZeroDuration(), absl::Hours(1)});
  fields.Duration("grace", drain.grace, {absl::ZeroDuration(), absl::Hours(1)});
}

void Rows(Fields& fields, Reload& reload) {
  fields.Duration("interval", reload.interval,
                  {absl::ZeroDuration(), absl::Hours(24)});
}

}  // namespace segrid::config
