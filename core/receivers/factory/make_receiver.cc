#include "core/receivers/factory/make_receiver.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/receivers/file/file_receiver.h"
#include "core/receivers/segment/segment_receiver.h"

namespace segrid::receivers {
namespace {

absl::StatusOr<std::unique_ptr<Receiver>> Make(const config::Source& source,
                                               const Environment& environment) {
  if (source.receiver == "file") {
    return file::FileReceiver::Open({.data_dir = environment.data_dir,
                                     .path = source.path,
                                     .rotate_bytes = source.rotate_bytes,
                                     .rotate_age = source.rotate_age,
                                     .keep = source.rotate_keep},
                                    environment.clock);
  }
  if (const auto* variant = segment::FindVariant(source.receiver)) {
    return segment::SegmentReceiver::Create(
        {.variant = variant,
         .region = source.region,
         .endpoint = source.endpoint,
         .write_key = source.write_key,
         .gzip = source.gzip,
         .tls = {.ca_file = source.ca_file,
                 .cert_file = source.client_cert,
                 .key_file = source.client_key},
         .allow_http = source.allow_http,
         .proxy = source.proxy,
         .proxy_auth = source.proxy_auth,
         .connect_timeout = source.connect_timeout,
         .request_timeout = source.request_timeout},
        environment.io, environment.clock);
  }
  return base::MakeError(
      absl::StatusCode::kInvalidArgument, "UNKNOWN_RECEIVER",
      absl::StrCat("there is no receiver '", source.receiver,
                   "'; there are segment, rudderstack, jitsu, "
                   "hightouch, customerio and file"));
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

}  // namespace segrid::receivers
