#include "core/receivers/factory/make_receiver.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/config/receiver_names.h"
#include "core/config/source_tag.h"
#include "core/receivers/file/file_receiver.h"
#include "core/receivers/segment/segment_receiver.h"
#include "core/receivers/threaded/threaded_receiver.h"

namespace segrid::receivers {
namespace {

segment::Form FormOf(const config::Source& source) {
  if (source.receiver != "http" || source.format == "batch") {
    return segment::Form::kBatch;
  }
  return source.format == "lines" ? segment::Form::kLines
                                  : segment::Form::kArray;
}

// `http` has no limits of its own.
segment::SegmentOptions OptionsOf(const config::Source& source,
                                  const segment::Variant& variant,
                                  const http::Variables& variable) {
  segment::SegmentOptions options{
      .variant = &variant,
      .region = source.region,
      .endpoint = source.endpoint,
      .write_key = source.write_key,
      .gzip = source.gzip,
      .tls = {.ca_file = source.ca_file,
              .cert_file = source.client_cert,
              .key_file = source.client_key},
      .allow_http = source.allow_http,
      .proxy = {.proxy = source.proxy,
                .proxy_auth = source.proxy_auth,
                .variable = variable},
      .oauth = {.client_id = source.oauth.client_id,
                .key_id = source.oauth.key_id,
                .key = source.oauth.key,
                .token_endpoint = source.oauth.token_endpoint},
      .form = FormOf(source),
      .signing_secret = source.signing_secret,
      .connect_timeout = source.connect_timeout,
      .request_timeout = source.request_timeout};
  for (const config::Header& header : source.headers) {
    options.headers.emplace_back(header.name, header.value);
  }
  if (source.receiver == "http") {
    options.limits = variant.limits;
    options.limits->max_batch_messages = source.max_batch_messages;
    options.limits->max_batch_bytes = source.max_batch_bytes;
  }
  return options;
}

absl::Status UnknownReceiver(const config::Source& source) {
  std::string names;
  for (const std::string_view name : config::kReceivers) {
    names.append(names.empty() ? "" : ", ").append(name);
  }
  return base::MakeError(absl::StatusCode::kInvalidArgument, "UNKNOWN_RECEIVER",
                         absl::StrCat("there is no receiver '", source.receiver,
                                      "'; there are ", names));
}

absl::StatusOr<std::unique_ptr<Receiver>> MakeWarehouse(
    const config::Source& source, const Environment& environment) {
  SEGRID_ASSIGN_OR_RETURN(
      std::unique_ptr<Receiver> receiver,
      warehouse::WarehouseReceiver::Create(
          WarehouseOptionsOf(source, environment.data_dir), environment.clock));
  return std::make_unique<threaded::ThreadedReceiver>(
      std::move(receiver), absl::StrCat("rows ", source.name));
}

absl::StatusOr<std::unique_ptr<Receiver>> Make(const config::Source& source,
                                               const Environment& environment) {
  if (source.receiver == "file") {
    SEGRID_ASSIGN_OR_RETURN(
        std::unique_ptr<Receiver> receiver,
        file::FileReceiver::Open({.data_dir = environment.data_dir,
                                  .path = source.path,
                                  .rotate_bytes = source.rotate_bytes,
                                  .rotate_age = source.rotate_age,
                                  .keep = source.rotate_keep},
                                 environment.clock));
    return std::make_unique<threaded::ThreadedReceiver>(
        std::move(receiver), absl::StrCat("file ", source.name));
  }
  if (source.receiver == "warehouse") return MakeWarehouse(source, environment);
  if (const auto* variant = segment::FindVariant(source.receiver)) {
    return segment::SegmentReceiver::Create(
        OptionsOf(source, *variant, environment.variable), environment.io,
        environment.clock);
  }
  return UnknownReceiver(source);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Receiver>> MakeReceiver(
    const config::Source& source, const Environment& environment) {
  auto receiver = Make(source, environment);
  if (receiver.ok()) return receiver;
  return base::MakeError(receiver.status().code(),
                         base::ReasonOf(receiver.status()),
                         absl::StrCat("source '", source.name,
                                      "': ", receiver.status().message()));
}

absl::StatusOr<Way> WayOf(const config::Source& source,
                          const http::Variables& variable) {
  if (source.receiver == "file") return Way{.url = source.path};
  if (source.receiver == "warehouse") {
    return Way{
        .url = warehouse::EndpointOf(WarehouseOptionsOf(source, "").loader)};
  }
  const auto* variant = segment::FindVariant(source.receiver);
  if (variant == nullptr) return UnknownReceiver(source);
  const segment::SegmentOptions options = OptionsOf(source, *variant, variable);
  SEGRID_ASSIGN_OR_RETURN(const http::Endpoint endpoint,
                          segment::PostedTo(options));
  SEGRID_ASSIGN_OR_RETURN(const http::ChosenProxy chosen,
                          http::ChooseProxy(endpoint, options.proxy));
  return Way{.url = endpoint.url(),
             .in_the_clear = !endpoint.tls && !endpoint.is_loopback(),
             .proxy = chosen.proxy ? chosen.proxy->authority() : "",
             .variable = chosen.variable};
}

std::vector<WarehouseProblem> FindWarehouseProblems(
    const config::Source& source, const std::string& data_dir) {
  const auto loader =
      warehouse::MakeLoader(WarehouseOptionsOf(source, data_dir));
  if (!loader.ok()) return {{.text = std::string(loader.status().message())}};
  const auto found = (*loader)->Check();
  if (!found.ok()) return {{.text = std::string(found.status().message())}};
  std::vector<WarehouseProblem> problems;
  for (const std::string& text : *found) {
    const bool is_missing =
        text.starts_with("missing: ") || text.starts_with("there is no file");
    problems.push_back(
        {.text = text, .is_mended = is_missing && source.create_tables});
  }
  return problems;
}

warehouse::WarehouseOptions WarehouseOptionsOf(const config::Source& source,
                                               const std::string& data_dir) {
  return {.loader = {.database = source.database,
                     .password = source.database_password.Reveal(),
                     .schema = source.schema.empty()
                                   ? config::SchemaOf(config::LaneOf(source))
                                   : source.schema,
                     .tables = warehouse::Tables(source.events),
                     .create_tables = source.create_tables,
                     .deletes = source.keep != absl::ZeroDuration(),
                     .max_columns = source.max_columns,
                     .connect_timeout = source.connect_timeout},
          .data_dir = data_dir,
          .keep = source.keep == absl::ZeroDuration() ? absl::InfiniteDuration()
                                                      : source.keep};
}

}  // namespace segrid::receivers
