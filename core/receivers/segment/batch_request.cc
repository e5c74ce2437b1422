#include "core/receivers/segment/batch_request.h"

#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "core/base/absl_view.h"
#include "core/base/status_macros.h"
#include "core/base/version.h"
#include "core/crypto/sha256.h"
#include "core/crypto/webhook_secret.h"
#include "core/http/gzip.h"

namespace segrid::receivers::segment {
namespace {

constexpr std::size_t kMinMaskedBytes = 4;

std::string Credentials(const base::Secret& write_key) {
  return absl::Base64Escape(absl::StrCat(write_key.Reveal(), ":"));
}

// As a part of a text. Keys have no control characters.
std::string JsonEscaped(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"\"", "\\\""}});
}

http::Body Lines(const Batch& batch) {
  http::Body body;
  for (const std::string_view track : batch.tracks) {
    body.pieces.push_back(track);
    body.pieces.push_back("\n");
  }
  return body;
}

// In place of a header of that name, or as a new one.
void Set(const std::string& name, const std::string& value,
         std::vector<std::pair<std::string, std::string>>& fields) {
  std::erase_if(fields, [&name](const auto& field) {
    return absl::EqualsIgnoreCase(field.first, name);
  });
  fields.emplace_back(name, value);
}

// The headers of Standard Webhooks. The id is that of the batch's messages, so
// that it stays the same when the same batch is sent again.
void Sign(const base::Secret& key, const Batch& batch, absl::Time now,
          http::Request& request) {
  crypto::Sha256 hash;
  hash.Start();
  for (const std::string_view id : batch.ids) {
    hash.Update(id);
    hash.Update(",");
  }
  const crypto::Sha256::Digest digest = hash.Finish();
  const std::string id = absl::StrCat(
      "msg_", absl::BytesToHexString(absl::string_view(
                  reinterpret_cast<const char*>(digest.data()), 16)));
  const std::string time = absl::StrCat(absl::ToUnixSeconds(now));
  std::vector<std::string_view> parts = {id, ".", time, "."};
  parts.insert(parts.end(), request.body.pieces.begin(),
               request.body.pieces.end());
  request.headers.emplace_back("webhook-id", id);
  request.headers.emplace_back("webhook-timestamp", time);
  request.headers.emplace_back("webhook-signature",
                               crypto::SignWebhook(key.Reveal(), parts));
}

}  // namespace

http::Body BatchBody(const Batch& batch, absl::Time now, Form form,
                     const base::Secret& write_key) {
  if (form == Form::kLines) return Lines(batch);
  std::string last_piece = "]";
  if (form == Form::kBatch) {
    absl::StrAppend(
        &last_piece, R"(,"sentAt":")",
        absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", now, absl::UTCTimeZone()),
        "\"");
    if (!write_key.empty()) {
      absl::StrAppend(&last_piece, R"(,"writeKey":")",
                      JsonEscaped(write_key.Reveal()), "\"");
    }
    last_piece += "}";
  }
  const auto end = std::make_shared<const std::string>(std::move(last_piece));
  http::Body body{.pieces = {form == Form::kBatch ? R"({"batch":[)" : "["},
                  .storage = end};
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

absl::StatusOr<http::Request> BatchRequest::Make(
    const Batch& batch, absl::Time now, const base::Secret& token) const {
  http::Request request{.target = path};
  auto& fields = request.headers;
  fields = {
      {"Content-Type",
       form == Form::kLines ? "application/x-ndjson" : "application/json"},
      // Answers are read by people, and by us.
      {"Accept-Encoding", "identity"},
      {"User-Agent", absl::StrCat("segrid/", base::Absl(base::kVersion))},
  };
  if (!token.empty()) {
    fields.emplace_back("Authorization",
                        absl::StrCat("Bearer ", token.Reveal()));
  } else if (!write_key.empty()) {
    fields.emplace_back("Authorization",
                        absl::StrCat("Basic ", Credentials(write_key)));
  }
  for (const auto& [name, value] : headers) Set(name, value.Reveal(), fields);
  if (batch.retry_count > 0) {
    fields.emplace_back("X-Retry-Count", absl::StrCat(batch.retry_count));
  }
  if (batch.trace.has_value()) {
    fields.emplace_back("traceparent", base::ToHeader(base::WithSpan(
                                           *batch.trace, new_span_id())));
    if (!batch.trace->state.empty()) {
      fields.emplace_back("tracestate", batch.trace->state);
    }
  }
  request.body =
      BatchBody(batch, now, form, token.empty() ? base::Secret() : write_key);
  if (gzip && !batch.plain) {
    SEGRID_ASSIGN_OR_RETURN(std::string packed, http::Gzip(request.body));
    request.body = http::BodyOf(std::move(packed));
    fields.emplace_back("Content-Encoding", "gzip");
  }
  if (!signing_key.empty()) Sign(signing_key, batch, now, request);
  return request;
}

std::string BatchRequest::Mask(std::string_view text,
                               const base::Secret& token) const {
  std::string masked(text);
  const auto mask = [&masked](absl::string_view secret) {
    if (secret.empty()) return;
    masked = absl::StrReplaceAll(masked, {{secret, "***"}});
  };
  if (!write_key.empty()) {
    mask(write_key.Reveal());
    mask(Credentials(write_key));
  }
  mask(token.Reveal());
  const std::size_t query = path.find('?');
  if (query != path.npos) mask(absl::string_view(path).substr(query + 1));
  for (const auto& [name, value] : headers) {
    const absl::string_view secret = value.Reveal();
    // Shorter ones are no secrets, and would hide what people look for.
    if (secret.size() < kMinMaskedBytes) continue;
    mask(secret);
    mask(secret.substr(secret.find(' ') + 1));  // Behind "Bearer".
  }
  return masked;
}

std::string BatchPath(std::string_view base) {
  absl::string_view path = base::Absl(base);
  const bool whole = absl::ConsumeSuffix(&path, "/batch");
  bool versioned = false;
  while (absl::ConsumeSuffix(&path, "/v1")) versioned = true;
  return absl::StrCat(path, whole && !versioned ? "/batch" : "/v1/batch");
}

}  // namespace segrid::receivers::segment
