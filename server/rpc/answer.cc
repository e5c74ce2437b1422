#include "server/rpc/answer.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/codec/wire.h"
#include "core/transform/outcome.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {
namespace {

using codec::OutputBuffer;
using codec::WireType;

// A tag of up to two bytes and a varint of up to ten.
constexpr std::size_t kMaxVarintFieldBytes = 12;
constexpr std::size_t kMaxHeaderBytes = 12;

// Writes an int32 field unless it has the default value.
char* WriteCount(char* out, std::uint32_t number, std::int32_t value) {
  if (value == 0) return out;
  return codec::WriteVarintField(
      out, number, static_cast<std::uint64_t>(std::int64_t{value}));
}

// Writes a string field unless it is empty.
char* WriteText(char* out, std::uint32_t number, std::string_view text) {
  return text.empty() ? out : codec::WriteBytesField(out, number, text);
}

struct Count {
  std::uint32_t number;
  std::int32_t value;
};

void AppendCounts(OutputBuffer& out, std::span<const Count> counts) {
  char* at = out.Reserve(counts.size() * kMaxVarintFieldBytes);
  for (const Count& count : counts) {
    at = WriteCount(at, count.number, count.value);
  }
  out.Finish(at);
}

// Writes `body`, a function from where it may write to where it ended, as a
// message field. `max_bytes` bounds the body.
template <typename Body>
void AppendMessage(OutputBuffer& out, std::uint32_t number,
                   std::size_t max_bytes, Body body) {
  char* const start = out.Reserve(kMaxHeaderBytes + max_bytes);
  char* const contents = start + kMaxHeaderBytes;
  const auto size = static_cast<std::size_t>(body(contents) - contents);
  char* const at = codec::WriteBytesHeader(start, number, size);
  std::memmove(at, contents, size);
  out.Finish(at + size);
}

void AppendIssue(OutputBuffer& out, std::uint32_t number,
                 const pipeline::Issue& issue, std::string_view source) {
  const transform::ReasonRow& row = transform::Describe(issue.reason);
  const std::size_t max_bytes = 3 * kMaxVarintFieldBytes + 3 * kMaxHeaderBytes +
                                row.field.size() + row.detail.size() +
                                source.size();
  AppendMessage(out, number, max_bytes, [&](char* at) {
    at = WriteCount(at, 1, issue.index);
    at = WriteCount(at, 2, static_cast<std::int32_t>(row.outcome));
    at = WriteCount(at, 3, static_cast<std::int32_t>(issue.reason));
    at = WriteText(at, 4, row.field);
    at = WriteText(at, 5, row.detail);
    return WriteText(at, 6, source);
  });
}

void AppendSourceResult(OutputBuffer& out,
                        const pipeline::SourceResult& result) {
  const std::size_t max_bytes =
      kMaxHeaderBytes + result.source.size() + 5 * kMaxVarintFieldBytes;
  AppendMessage(out, 6, max_bytes, [&](char* at) {
    at = WriteText(at, 1, result.source);
    at = WriteCount(at, 2, result.accepted);
    at = WriteCount(at, 3, result.duplicate);
    at = WriteCount(at, 4, result.skipped);
    at = WriteCount(at, 5, result.rejected);
    return WriteCount(at, 6,
                      result.state.has_value()
                          ? static_cast<std::int32_t>(*result.state)
                          : 0);
  });
}

void PrependHeader(OutputBuffer& out, std::uint32_t number) {
  std::array<char, kMaxHeaderBytes> header;
  const char* end = codec::WriteBytesHeader(header.data(), number, out.size());
  out.Prepend({header.data(), static_cast<std::size_t>(end - header.data())});
}

void AppendText(OutputBuffer& out, std::uint32_t number,
                std::string_view text) {
  char* at = out.Reserve(kMaxHeaderBytes + text.size());
  out.Finish(WriteText(at, number, text));
}

}  // namespace

void EncodeTransformResponse(pipeline::Output form,
                             pipeline::TransformResult& result) {
  OutputBuffer& out = result.output;
  const pipeline::Counts& counts = result.counts;
  if (form == pipeline::Output::kBatchJson && out.size() > 0) {
    PrependHeader(out, 2);
  }
  for (const pipeline::Issue& issue : result.issues) {
    AppendIssue(out, 3, issue, "");
  }
  AppendCounts(out, std::array<Count, 6>{{{4, counts.events},
                                          {5, counts.tracks},
                                          {6, counts.skipped},
                                          {7, counts.rejected},
                                          {8, counts.field_coerced},
                                          {9, counts.field_dropped}}});
}

void EncodeForwardResponse(const pipeline::ForwardResult& result,
                           OutputBuffer& out) {
  pipeline::SourceResult sum;
  for (const pipeline::SourceResult& source : result.sources) {
    sum.accepted += source.accepted;
    sum.duplicate += source.duplicate;
    sum.skipped += source.skipped;
    sum.rejected += source.rejected;
  }
  out.Clear();
  AppendCounts(out, std::array<Count, 10>{{{1, result.events},
                                           {2, sum.accepted},
                                           {3, sum.duplicate},
                                           {4, sum.skipped},
                                           {5, sum.rejected},
                                           {8, result.field_coerced},
                                           {9, result.field_dropped},
                                           {10, result.delivered},
                                           {11, result.pending},
                                           {12, result.dead_letters}}});
  for (const pipeline::SourceResult& source : result.sources) {
    AppendSourceResult(out, source);
  }
  for (const pipeline::Issue& issue : result.issues) {
    const bool one =
        issue.source >= 0 &&
        static_cast<std::size_t>(issue.source) < result.sources.size();
    AppendIssue(
        out, 7, issue,
        one ? std::string_view(
                  result.sources[static_cast<std::size_t>(issue.source)].source)
            : std::string_view());
  }
}

void WrapStreamResponse(std::string_view request_id, OutputBuffer& out) {
  out.Reserve(0);  // So that there is storage for the header.
  PrependHeader(out, 2);
  AppendText(out, 1, request_id);
}

void EncodeStreamError(std::string_view request_id, const absl::Status& status,
                       OutputBuffer& out) {
  const std::string error = SerializeStatus(status);
  out.Clear();
  AppendText(out, 1, request_id);
  char* at = out.Reserve(kMaxHeaderBytes + error.size());
  out.Finish(codec::WriteBytesField(at, 3, error));
}

}  // namespace segrid::rpc
