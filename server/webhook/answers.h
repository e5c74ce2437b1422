// What a webhook says, and whom it quotes.

#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "core/base/trace_parent.h"
#include "core/pipeline/pipeline.h"
#include "server/http/message.h"
#include "server/webhook/outcome.h"

namespace segrid::webhook {

// 200: `{"events":3,"accepted":2,"duplicate":0,"skipped":1,"rejected":0}`; the
// counts are sums over the sources.
httpd::Answer AcceptedAnswer(const pipeline::ForwardResult& result);

// The status and words of a refusal; with `detail`, these words.
httpd::Answer RefusalAnswer(Outcome outcome, std::string_view detail = {});

// Why a body is refused that is not what SendGrid's Event Webhook posts: what
// `status`, of Forward, says of its bytes, or that its Content-Type is a
// form's. Never shows the contents.
std::string BodyProblem(const absl::Status& status,
                        std::string_view content_type);

// 503 with Retry-After, for an error of Forward that is not the request's.
httpd::Answer UnavailableAnswer(const absl::Status& status);

// The request's `traceparent` header (W3C Trace Context, level 1) with its
// `tracestate`; nullopt without a valid `traceparent`, or with several.
std::optional<base::TraceParent> TraceOf(const httpd::Request& request);

}  // namespace segrid::webhook
