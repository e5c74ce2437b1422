#include "core/receivers/segment/batch_request.h"

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/http/gzip.h"

namespace segrid::receivers::segment {
namespace {

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

std::string Credentials(const base::Secret& write_key) {
  return absl::Base64Escape(absl::StrCat(write_key.Reveal(), ":"));
}

}  // namespace

http::Body BatchBody(const Batch& batch, absl::Time now) {
  const auto end = std::make_shared<const std::string>(absl::StrCat(
      R"(],"sentAt":")",
      absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()),
      "\"}"));
  http::Body body{.pieces = {R"({"batch":[)"}, .storage = end};
  for (const std::string_view track : batch.tracks) {
    std::string_view& last = body.pieces.back();
    if (body.pieces.size() == 1) {
      body.pieces.push_back(track);
    } else if (last.data() + last.size() + 1 == track.data() &&
               *(last.data() + last.size()) == ',') {
      // Queues keep the messages of a chunk joined by commas.
      last = {last.data(), last.size() + 1 + track.size()};
    } else {
      body.pieces.push_back(",");
      body.pieces.push_back(track);
    }
  }
  body.pieces.push_back(*end);
  return body;
}

absl::StatusOr<http::Request> BatchRequest::Make(const Batch& batch,
                                                 absl::Time now) const {
  http::Request request{.target = path};
  request.headers = {
      {"Authorization", absl::StrCat("Basic ", Credentials(write_key))},
      {"Content-Type", "application/json"},
      // Answers are read by people, and by us.
      {"Accept-Encoding", "identity"},
      {"User-Agent", absl::StrCat("segrid/", Absl(base::kVersion))},
  };
  if (batch.retry_count > 0) {
    request.headers.emplace_back("X-Retry-Count",
                                 absl::StrCat(batch.retry_count));
  }
  if (batch.trace.has_value()) {
    request.headers.emplace_back(
        "traceparent",
        base::ToHeader(base::WithSpan(*batch.trace, new_span_id())));
    if (!batch.trace->state.empty()) {
      request.headers.emplace_back("tracestate", batch.trace->state);
    }
  }
  request.body = BatchBody(batch, now);
  if (gzip && !batch.plain) {
    SEGRID_ASSIGN_OR_RETURN(std::string packed, http::Gzip(request.body));
    request.body = http::BodyOf(std::move(packed));
    request.headers.emplace_back("Content-Encoding", "gzip");
  }
  return request;
}

std::string BatchRequest::Mask(std::string_view text) const {
  if (write_key.empty()) return std::string(text);
  return absl::StrReplaceAll(Absl(text), {{write_key.Reveal(), "***"},
                                          {Credentials(write_key), "***"}});
}

std::string BatchPath(std::string_view base) {
  absl::string_view path = Absl(base);
  const bool whole = absl::ConsumeSuffix(&path, "/batch");
  bool versioned = false;
  while (absl::ConsumeSuffix(&path, "/v1")) versioned = true;
  return absl::StrCat(path, whole && !versioned ? "/batch" : "/v1/batch");
}

}  // namespace segrid::receivers::segment
