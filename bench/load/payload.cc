#include "bench/load/payload.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/echo/echo.pb.h"
#include "bench/load/event_generator.h"
#include "bench/load/event_json.h"
#include "bench/load/random.h"
#include "core/base/status_macros.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {
namespace {

using segrid::v1::SendGridEvent;

constexpr std::int32_t kDefaultBatch = 100;

// The events of one request in the form that the options ask for.
struct Batch {
  std::string body = {};                  // Input::kJson.
  std::vector<SendGridEvent> typed = {};  // Input::kTyped.
  std::vector<std::string> ids = {};
  std::int64_t events = 0;
};

template <typename Request>
void SetEvents(Batch& batch, Request& request) {
  if (!batch.body.empty()) request.set_webhook_json(batch.body);
  for (SendGridEvent& event : batch.typed) {
    *request.add_events() = std::move(event);
  }
}

std::string Serialize(const PayloadOptions& options, Batch& batch) {
  if (options.method == Method::kWebhook) return std::move(batch.body);
  if (options.method == Method::kEcho) {
    segrid::bench::v1::EchoRequest request;
    request.set_answer_bytes(options.answer_bytes);
    request.set_body(batch.body);
    return request.SerializeAsString();
  }
  if (RowOf(options.method).is_forward) {
    segrid::v1::ForwardRequest request;
    SetEvents(batch, request);
    for (const std::string& source : options.sources) {
      request.add_sources(source);
    }
    return request.SerializeAsString();
  }
  segrid::v1::TransformRequest request;
  SetEvents(batch, request);
  request.set_source(options.source);
  request.set_output(options.output == Output::kBatch
                         ? segrid::v1::OUTPUT_BATCH_JSON
                         : segrid::v1::OUTPUT_TRACKS);
  return request.SerializeAsString();
}

Payload MakePayload(const PayloadOptions& options, Batch batch) {
  Payload payload{.events = batch.events};
  payload.bytes = Serialize(options, batch);
  std::size_t from = 0;
  for (const std::string& id : batch.ids) {
    if (id.size() < kStampBytes) continue;
    const std::size_t at = payload.bytes.find(id, from);
    if (at == std::string::npos) continue;  // Escaped in the body.
    payload.id_offsets.push_back(at);
    from = at + id.size();
  }
  return payload;
}

bool WantsTyped(const PayloadOptions& options) {
  return options.input == Input::kTyped && options.method != Method::kEcho &&
         options.method != Method::kWebhook;
}

Batch Generate(const PayloadOptions& options, EventGenerator& generator) {
  const std::int32_t size = options.batch > 0 ? options.batch : kDefaultBatch;
  Batch batch{.events = size};
  std::vector<std::string> elements;
  for (std::int32_t i = 0; i < size; ++i) {
    SendGridEvent event = generator.Next();
    batch.ids.push_back(event.sg_event_id());
    if (WantsTyped(options)) {
      batch.typed.push_back(std::move(event));
    } else {
      elements.push_back(EventToJson(event));
    }
  }
  if (!WantsTyped(options)) batch.body = JoinBody(elements);
  return batch;
}

absl::StatusOr<Batch> FromElements(const PayloadOptions& options,
                                   const std::vector<std::string>& elements) {
  Batch batch{.events = static_cast<std::int64_t>(elements.size())};
  for (const std::string& element : elements) {
    absl::StatusOr<SendGridEvent> event = JsonToEvent(element);
    if (event.ok()) batch.ids.push_back(event->sg_event_id());
    if (!WantsTyped(options)) continue;
    if (!event.ok()) return event.status();
    batch.typed.push_back(*std::move(event));
  }
  if (!WantsTyped(options)) batch.body = JoinBody(elements);
  return batch;
}

// A body as it is. One that is no JSON array is sent too: loading a server with
// bad input is a fair test; its events count as 0.
absl::StatusOr<Batch> FromBody(const PayloadOptions& options,
                               const std::string& body) {
  const auto elements = SplitBody(body);
  if (WantsTyped(options)) {
    if (!elements.ok()) return elements.status();
    return FromElements(options, *elements);
  }
  Batch batch;
  if (elements.ok()) {
    SEGRID_ASSIGN_OR_RETURN(batch, FromElements(options, *elements));
  }
  batch.body = body;
  return batch;
}

// Cuts the events of all bodies, over and over, into batches of one size.
absl::StatusOr<std::vector<Payload>> Recut(const PayloadOptions& options) {
  std::vector<std::string> all;
  for (const std::string& body : options.bodies) {
    SEGRID_ASSIGN_OR_RETURN(std::vector<std::string> elements, SplitBody(body));
    for (std::string& element : elements) all.push_back(std::move(element));
  }
  if (all.empty()) {
    return absl::InvalidArgumentError(
        "the bodies hold no event: nothing to "
        "make batches of");
  }
  std::vector<Payload> payloads;
  std::int64_t bytes = 0;
  std::size_t next = 0;
  do {
    std::vector<std::string> elements;
    for (std::int32_t i = 0; i < options.batch; ++i) {
      elements.push_back(all[next++ % all.size()]);
    }
    SEGRID_ASSIGN_OR_RETURN(Batch batch, FromElements(options, elements));
    payloads.push_back(MakePayload(options, std::move(batch)));
    bytes += std::ssize(payloads.back().bytes);
  } while (next < all.size() && std::ssize(payloads) < options.pool &&
           bytes < options.max_pool_bytes);
  return payloads;
}

}  // namespace

absl::StatusOr<std::vector<Payload>> MakePayloads(
    const PayloadOptions& options) {
  if (!options.bodies.empty() && options.batch > 0) return Recut(options);
  std::vector<Payload> payloads;
  for (const std::string& body : options.bodies) {
    SEGRID_ASSIGN_OR_RETURN(Batch batch, FromBody(options, body));
    payloads.push_back(MakePayload(options, std::move(batch)));
  }
  if (!payloads.empty()) return payloads;
  EventGenerator generator(options.seed);
  std::int64_t bytes = 0;
  do {
    payloads.push_back(MakePayload(options, Generate(options, generator)));
    bytes += std::ssize(payloads.back().bytes);
  } while (std::ssize(payloads) < options.pool &&
           bytes < options.max_pool_bytes);
  return payloads;
}

void StampIds(const Payload& payload, std::uint32_t run, std::uint64_t first,
              char* bytes) {
  for (const std::size_t offset : payload.id_offsets) {
    // 24 bits of the run and 42 of the event, 6 to a character.
    std::uint64_t event = first++;
    for (std::size_t i = 0; i < 4; ++i) {
      bytes[offset + i] = kUrlSafe[(run >> (6 * i)) & 63];
    }
    for (std::size_t i = 4; i < kStampBytes; ++i, event >>= 6) {
      bytes[offset + i] = kUrlSafe[event & 63];
    }
  }
}

}  // namespace segrid::bench
