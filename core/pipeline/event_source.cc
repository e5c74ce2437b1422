#include "core/pipeline/event_source.h"

#include <string>

#include "core/base/error_info.h"
#include "core/codec/wire_reader.h"

namespace segrid::pipeline {
namespace {

// `events` of TransformRequest and ForwardRequest.
constexpr std::uint32_t kEventsTag = codec::MakeTag(1, codec::WireType::kBytes);

// An event with more custom arguments or list items leaves more behind than is
// worth keeping.
constexpr std::size_t kKeptItems = 4096;

}  // namespace

absl::Status EventSource::Open(const Input& input, std::int32_t max_events) {
  form_ = input.form;
  max_events_ = max_events;
  count_ = 0;
  status_ = absl::OkStatus();
  if (form_ == Input::Form::kWebhookJson) {
    status_ = json_.Open(input.bytes);
  } else {
    wire_ = codec::WireReader(input.bytes);
  }
  return status_;
}

EventSource::Step EventSource::Next() {
  if (form_ == Input::Form::kTypedRequest) return NextTyped();
  switch (json_.Next(event_)) {
    case codec::JsonReader::Step::kEvent:
      return AtLimit() ? Step::kError : Step::kEvent;
    case codec::JsonReader::Step::kNotAnObject:
      return AtLimit() ? Step::kError : Step::kNotAnObject;
    case codec::JsonReader::Step::kEnd:
      return Step::kEnd;
    case codec::JsonReader::Step::kError:
      break;
  }
  status_ = json_.status();
  return Step::kError;
}

EventSource::Step EventSource::NextTyped() {
  while (!wire_.done()) {
    std::uint32_t tag = 0;
    if (!wire_.ReadTag(tag)) return Fail("the request is not a message");
    if (tag != kEventsTag) {
      if (!wire_.SkipValue(tag)) return Fail("the request is not a message");
      continue;
    }
    std::string_view bytes;
    if (!wire_.ReadBytes(bytes) || !codec::ReadWireEvent(bytes, event_)) {
      return Fail("it is not a SendGridEvent, or a string in it is not UTF-8");
    }
    return AtLimit() ? Step::kError : Step::kEvent;
  }
  return Step::kEnd;
}

EventSource::Step EventSource::Fail(std::string_view message) {
  const std::string field = "events[" + std::to_string(count_) + "]";
  status_ = base::MakeFieldError("MALFORMED_REQUEST", field,
                                 field + ": " + std::string(message));
  return Step::kError;
}

bool EventSource::AtLimit() {
  if (++count_ <= max_events_ || max_events_ == 0) return false;
  status_ = base::MakeFieldError(
      "TOO_MANY_EVENTS",
      form_ == Input::Form::kTypedRequest ? "events" : "webhook_json",
      "more than " + std::to_string(max_events_) +
          " events in one request; send them in several");
  return true;
}

void EventSource::Shrink() {
  json_.Shrink();
  if (event_.custom_args.capacity() > kKeptItems) event_.custom_args = {};
  if (event_.items.capacity() > kKeptItems) event_.items = {};
}

}  // namespace segrid::pipeline
