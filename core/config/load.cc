#include "core/config/load.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/config/node.h"
#include "core/config/problems.h"
#include "core/config/reader.h"
#include "core/config/schema.h"
#include "core/config/text.h"
#include "core/config/write_key.h"
#include "core/config/yaml_tree.h"

namespace segrid::config {
namespace {

constexpr std::string_view kKeyVariable = "SEGMENT_WRITE_KEY";

// Reads `root` over `config`; notes what is wrong.
void Read(const Node& root, const Environment& environment, Problems& problems,
          Config& config) {
  if (root.kind == Node::Kind::kBroken) return;
  if (root.kind != Node::Kind::kMap && root.kind != Node::Kind::kNull) {
    problems.Add(root.position, "",
                 "must be a section with keys (key: value), e.g. "
                 "data_dir: ./segrid-data");
    return;
  }
  Reading reading{problems, environment, {}};
  Reader reader(reading, root, "");
  Rows(reader, config);
  reader.RefuseOtherKeys();
  if (reader.Has("sources")) return;
  absl::StatusOr<Config> defaults = Defaults(environment);
  if (defaults.ok()) {
    config.sources = std::move(defaults->sources);
  } else {
    problems.Add(root.position, "sources",
                 Concat({"is missing, and of the default source the ",
                         std::string(defaults.status().message())}));
  }
}

}  // namespace

absl::StatusOr<Config> Defaults(const Environment& environment) {
  Config config;
  Source& source = config.sources.emplace_back();
  source.name = "default";
  const std::optional<std::string> key =
      environment.variable(std::string(kKeyVariable));
  if (!key.has_value() || key->empty()) {
    source.receiver = "file";
    source.path = "tracks.ndjson";
    return config;
  }
  const std::string_view problem = CheckWriteKey(*key);
  if (!problem.empty()) {
    return base::MakeError(
        absl::StatusCode::kInvalidArgument, "INVALID_CONFIG",
        Concat({"environment variable '", kKeyVariable, "' ", problem}));
  }
  source.write_key = base::Secret(*key);
  return config;
}

absl::StatusOr<Config> LoadText(std::string_view text, std::string_view name,
                                const Environment& environment) {
  Problems problems(name);
  Config config;
  if (const std::optional<Node> root = ParseYaml(text, problems)) {
    Read(*root, environment, problems, config);
  }
  SEGRID_RETURN_IF_ERROR(problems.ToStatus());
  return config;
}

absl::StatusOr<Config> Load(const std::string& path,
                            const Environment& environment) {
  const absl::StatusOr<std::string> text =
      environment.read_file(path, kMaxFileBytes);
  if (text.ok()) return LoadText(*text, path, environment);
  if (absl::IsResourceExhausted(text.status())) {
    Problems problems(path);
    problems.Add({}, "", kFileTooLarge);
    return problems.ToStatus();
  }
  return base::MakeError(absl::StatusCode::kNotFound, "CONFIG_NOT_READABLE",
                         Concat({"configuration ", ShownValue(path), " ",
                                 std::string(text.status().message()),
                                 "; check the path and its permissions"}));
}

}  // namespace segrid::config
