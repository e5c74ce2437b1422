#include "client/cli/typed_events.h"

#include <string>

#include "core/base/error_info.h"
#include "core/codec/event.h"
#include "core/codec/event_writer.h"
#include "core/codec/json_reader.h"
#include "core/codec/output.h"
#include "core/transform/convert.h"

namespace segrid::cli {
namespace {

using codec::JsonReader;

constexpr std::size_t kMaxRequestBytes = std::size_t{1} << 30;

Error ErrorFrom(const absl::Status& status) {
  Error error;
  error.code = static_cast<ErrorCode>(status.code());
  error.reason = base::ReasonOf(status);
  error.message = std::string(status.message());
  return error;
}

Error TooLarge() {
  Error error;
  error.code = ErrorCode::kResourceExhausted;
  error.message = "the typed events are over 1 GiB; split the body";
  return error;
}

Error NoTypedTime(std::int32_t index) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.message = "element " + std::to_string(index) +
                  " has a timestamp that no typed event can express, because "
                  "typed times are whole seconds, or milliseconds from "
                  "100000000000 on; send it as JSON, without --typed";
  return error;
}

}  // namespace

Result<TypedEvents> ReadTypedEvents(std::string_view body) {
  TypedEvents typed;
  JsonReader reader;
  if (const absl::Status status = reader.Open(body); !status.ok()) {
    return ErrorFrom(status);
  }
  codec::Event event;
  codec::OutputBuffer bytes;
  bytes.Clear();
  transform::FieldCounts counts;
  JsonReader::Step step = reader.Next(event);
  for (std::int32_t index = 0; step != JsonReader::Step::kEnd; ++index) {
    if (step == JsonReader::Step::kError) return ErrorFrom(reader.status());
    if (step == JsonReader::Step::kEvent) {
      transform::ConvertAll(event, counts);
      if (!codec::HasTypedTime(event)) return NoTypedTime(index);
      codec::AppendTypedEvent(v1::TransformRequest::kEventsFieldNumber, event,
                              bytes);
      if (bytes.size() > kMaxRequestBytes) return TooLarge();
    } else {
      typed.not_objects.push_back(index);
    }
    step = reader.Next(event);
  }
  typed.coerced_count = counts.coerced;
  typed.dropped_count = counts.dropped;
  const std::string_view view = bytes.view();
  if (!typed.request.ParseFromArray(view.data(),
                                    static_cast<int>(view.size()))) {
    Error error;
    error.code = ErrorCode::kInternal;
    error.message = "the typed events cannot be read back: a bug of segrid";
    return error;
  }
  // A request without events says nothing; an empty array says that there are
  // none.
  if (typed.request.events().empty()) typed.request.set_webhook_json("[]");
  return typed;
}

}  // namespace segrid::cli
