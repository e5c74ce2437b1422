#include "server/rpc/envelope.h"

#include <cstdint>

#include "core/base/error_info.h"
#include "core/codec/wire.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {
namespace {

using codec::MakeTag;
using codec::WireReader;
using codec::WireType;

constexpr std::string_view kMalformed = "MALFORMED_REQUEST";

// The fields that TransformRequest and ForwardRequest share.
constexpr std::uint32_t kEventsTag = MakeTag(1, WireType::kBytes);
constexpr std::uint32_t kWebhookJsonTag = MakeTag(2, WireType::kBytes);

absl::Status NotUtf8(std::string_view field) {
  return base::MakeFieldError(kMalformed, field, "must be valid UTF-8");
}

absl::Status UnknownEnumValue(std::string_view field) {
  return base::MakeFieldError(
      kMalformed, field, "is a value that this server's version does not know");
}

// Collects the two forms of input and decides which one was given.
struct Inputs {
  bool has_events = false;
  std::string_view webhook_json;

  absl::Status Choose(std::string_view request, pipeline::Input& input) const {
    if (has_events && !webhook_json.empty()) {
      return base::MakeFieldError(
          "TWO_INPUTS", "webhook_json",
          "'events' and 'webhook_json' are both given: give one of them");
    }
    if (!has_events && webhook_json.empty()) {
      return base::MakeFieldError(
          "NO_INPUT", "events",
          "neither 'events' nor 'webhook_json' is given: give one of them");
    }
    input = has_events
                ? pipeline::Input{pipeline::Input::Form::kTypedRequest, request}
                : pipeline::Input{pipeline::Input::Form::kWebhookJson,
                                  webhook_json};
    return absl::OkStatus();
  }
};

// Gives each field of a message to `take(reader, tag)`, which reads or skips
// the value. False when the bytes are no message.
template <typename Take>
bool ReadFields(std::string_view bytes, Take take) {
  for (WireReader reader(bytes); !reader.done();) {
    std::uint32_t tag = 0;
    if (!reader.ReadTag(tag) || !take(reader, tag)) return false;
  }
  return true;
}

bool SkipAll(std::string_view bytes) {
  return ReadFields(bytes, [](WireReader& reader, std::uint32_t tag) {
    return reader.SkipValue(tag);
  });
}

// A string field; `valid` becomes false when it is not UTF-8.
bool ReadText(WireReader& reader, std::string_view& text, bool& valid) {
  if (!reader.ReadBytes(text)) return false;
  valid = valid && codec::IsUtf8(text);
  return true;
}

// An enum on the wire is an int32 in up to ten bytes.
bool ReadEnum(WireReader& reader, std::int32_t& value) {
  std::uint64_t wide = 0;
  if (!reader.ReadVarint(wide)) return false;
  value = static_cast<std::int32_t>(wide);
  return true;
}

}  // namespace

absl::Status DecodeTransform(std::string_view bytes, TransformEnvelope& out) {
  Inputs inputs;
  std::int32_t output = 0;
  bool valid = true;
  out = {};
  const bool read =
      ReadFields(bytes, [&](WireReader& reader, std::uint32_t tag) {
        switch (tag) {
          case kEventsTag:
            inputs.has_events = true;
            return reader.SkipValue(tag);
          case kWebhookJsonTag:
            return reader.ReadBytes(inputs.webhook_json);
          case MakeTag(3, WireType::kBytes):
            return ReadText(reader, out.source, valid);
          case MakeTag(4, WireType::kVarint):
            return ReadEnum(reader, output);
          default:
            return reader.SkipValue(tag);
        }
      });
  if (!read) return NotAMessageError("TransformRequest");
  if (!valid) return NotUtf8("source");
  if (output < 0 || output > 2) return UnknownEnumValue("output");
  if (output == 2) out.output = pipeline::Output::kBatchJson;
  return inputs.Choose(bytes, out.input);
}

absl::Status DecodeForward(std::string_view bytes, ForwardEnvelope& out) {
  Inputs inputs;
  std::int32_t wait = 0;
  bool valid = true;
  out = {};
  const bool read =
      ReadFields(bytes, [&](WireReader& reader, std::uint32_t tag) {
        switch (tag) {
          case kEventsTag:
            inputs.has_events = true;
            return reader.SkipValue(tag);
          case kWebhookJsonTag:
            return reader.ReadBytes(inputs.webhook_json);
          case MakeTag(3, WireType::kBytes): {
            std::string_view source;
            if (!ReadText(reader, source, valid)) return false;
            if (out.sources.size() <= kMaxSources) {
              out.sources.emplace_back(source);
            }
            return true;
          }
          case MakeTag(4, WireType::kVarint):
            return ReadEnum(reader, wait);
          default:
            return reader.SkipValue(tag);
        }
      });
  if (!read) return NotAMessageError("ForwardRequest");
  if (!valid) return NotUtf8("sources");
  if (out.sources.size() > kMaxSources) {
    return base::MakeFieldError(kMalformed, "sources",
                                "names more than 1,000 sources");
  }
  if (wait < 0 || wait > 2) return UnknownEnumValue("wait");
  out.wait_delivered = wait == 2;
  return inputs.Choose(bytes, out.input);
}

absl::Status DecodeStream(std::string_view bytes, StreamEnvelope& out) {
  int pieces = 0;
  bool valid = true;
  out.request_id = out.request = {};
  out.joined.clear();
  const bool read =
      ReadFields(bytes, [&](WireReader& reader, std::uint32_t tag) {
        if (tag == MakeTag(1, WireType::kBytes)) {
          return ReadText(reader, out.request_id, valid);
        }
        if (tag != MakeTag(2, WireType::kBytes)) return reader.SkipValue(tag);
        std::string_view piece;
        if (!reader.ReadBytes(piece)) return false;
        // Pieces of one message merge, and merging is joining their bytes; but
        // each must be a message, lest two halves of a field make one.
        if (++pieces == 1) {
          out.request = piece;
          return true;
        }
        if (pieces == 2) {
          if (!SkipAll(out.request)) return false;
          out.joined = out.request;
        }
        out.joined.append(piece);
        return SkipAll(piece);
      });
  if (!read) return NotAMessageError("stream message");
  if (!valid) return NotUtf8("request_id");
  if (pieces > 1) out.request = out.joined;
  return absl::OkStatus();
}

absl::Status CheckRequestId(std::string_view request_id) {
  if (request_id.size() <= kMaxRequestIdBytes) return absl::OkStatus();
  return base::MakeFieldError(
      kMalformed, "request_id",
      std::string("is longer than the 128 bytes that are allowed"));
}

}  // namespace segrid::rpc
