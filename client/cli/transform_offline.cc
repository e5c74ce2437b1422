#include "client/cli/transform_offline.h"

#include <memory>
#include <utility>

#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/config/load.h"
#include "core/pipeline/source_options.h"
#include "core/pipeline/transform_batch.h"

namespace segrid::cli {
namespace {

constexpr std::int32_t kNoLimit = 0;

std::string NamesOf(const config::Config& config) {
  std::string names;
  for (const config::Source& source : config.sources) {
    names += (names.empty() ? "" : ", ") + source.name;
  }
  return names;
}

}  // namespace

absl::StatusOr<transform::Options> LoadSettings(const std::string& config_file,
                                                const std::string& source) {
  if (config_file.empty()) return transform::Options();
  SEGRID_ASSIGN_OR_RETURN(
      const config::Config config,
      config::Load(config_file, config::ProcessEnvironment()));
  for (const config::Source& candidate : config.sources) {
    if (candidate.name == source) return pipeline::CompileOptions(candidate);
  }
  return base::MakeError(absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
                         config_file + ": no source '" + source +
                             "'; there are: " + NamesOf(config));
}

absl::StatusOr<TransformAnswer> TransformOffline(
    std::string_view body, const transform::Options& options) {
  const auto result = std::make_shared<pipeline::TransformResult>();
  pipeline::BatchTransformer transformer;
  SEGRID_RETURN_IF_ERROR(transformer.Transform(
      {pipeline::Input::Form::kWebhookJson, body}, options,
      pipeline::Output::kBatchJson, kNoLimit, *result));
  return TransformAnswer{result, result->output.view(), result->counts,
                         std::move(result->issues)};
}

}  // namespace segrid::cli
