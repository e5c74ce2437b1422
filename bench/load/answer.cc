#include "bench/load/answer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "bench/stats/codes.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {
namespace {

std::string Contiguous(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  bytes.reserve(buffer.Length());
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

std::string CheckTransform(const segrid::v1::TransformResponse& answer,
                           std::int64_t events) {
  const std::int64_t sum = std::int64_t{answer.track_count()} +
                           answer.skipped_count() + answer.rejected_count();
  if (answer.event_count() != events || sum != events) {
    return absl::StrCat("sent ", events, " events, the answer counts ",
                        answer.event_count(), " = ", answer.track_count(),
                        " tracks + ", answer.skipped_count(), " skipped + ",
                        answer.rejected_count(), " rejected");
  }
  if (answer.batch_json().empty() &&
      answer.tracks_size() != answer.track_count()) {
    return absl::StrCat("the answer counts ", answer.track_count(),
                        " tracks and holds ", answer.tracks_size());
  }
  return "";
}

std::string CheckForward(const segrid::v1::ForwardResponse& answer,
                         std::int64_t events) {
  const std::int64_t sum = std::int64_t{answer.accepted_count()} +
                           answer.duplicate_count() + answer.skipped_count() +
                           answer.rejected_count();
  const std::int64_t wanted =
      events * std::max<std::int64_t>(1, answer.sources_size());
  if (answer.event_count() != events || sum != wanted) {
    return absl::StrCat("sent ", events, " events, the answer counts ",
                        answer.event_count(), " and ", sum, " outcomes for ",
                        answer.sources_size(), " sources");
  }
  return "";
}

template <typename Response, typename Check>
std::string Decode(const grpc::ByteBuffer& answer, const Check& check) {
  Response response;
  if (!response.ParseFromString(Contiguous(answer))) {
    return "the answer is not the response message";
  }
  return check(response);
}

// The cheap way: field 1 of few bytes, then the tag of field 2 (the response).
bool ReadFast(const grpc::ByteBuffer& answer, StreamAnswer& out) {
  constexpr std::uint8_t kIdTag = 0x0A;
  constexpr std::uint8_t kResponseTag = 0x12;
  std::vector<grpc::Slice> slices;
  if (!answer.Dump(&slices).ok() || slices.empty()) return false;
  const grpc::Slice& first = slices[0];
  if (first.size() < 3 || first.begin()[0] != kIdTag) return false;
  const std::size_t size = first.begin()[1];
  if (size >= 0x80 || first.size() < size + 3) return false;
  if (first.begin()[2 + size] != kResponseTag) return false;
  out.is_readable = true;
  out.request_id.assign(reinterpret_cast<const char*>(first.begin()) + 2, size);
  return true;
}

}  // namespace

std::string CheckAnswer(Method method, const grpc::ByteBuffer& answer,
                        std::int64_t events) {
  using segrid::v1::ForwardResponse;
  using segrid::v1::ForwardStreamResponse;
  using segrid::v1::TransformResponse;
  using segrid::v1::TransformStreamResponse;
  switch (method) {
    case Method::kTransform:
      return Decode<TransformResponse>(answer, [events](const auto& response) {
        return CheckTransform(response, events);
      });
    case Method::kForward:
      return Decode<ForwardResponse>(answer, [events](const auto& response) {
        return CheckForward(response, events);
      });
    case Method::kTransformStream:
      return Decode<TransformStreamResponse>(answer, [=](const auto& message) {
        return CheckTransform(message.response(), events);
      });
    case Method::kForwardStream:
      return Decode<ForwardStreamResponse>(answer, [=](const auto& message) {
        return CheckForward(message.response(), events);
      });
    case Method::kEcho:
    case Method::kWebhook:  // Its status says it all.
      break;
  }
  return "";
}

StreamAnswer ReadStreamAnswer(const grpc::ByteBuffer& answer) {
  StreamAnswer out;
  if (ReadFast(answer, out)) return out;
  // TransformStreamResponse and ForwardStreamResponse agree in what is read.
  segrid::v1::TransformStreamResponse message;
  if (!message.ParseFromString(Contiguous(answer))) return out;
  out.is_readable = true;
  out.request_id = message.request_id();
  if (message.has_error()) {
    out.code = std::max(CodeIndex(message.error().code()), std::size_t{1});
    out.error = message.error().message();
  }
  return out;
}

}  // namespace segrid::bench
