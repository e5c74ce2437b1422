#include "core/queue/rocksdb/erased_body.h"

#include <cstddef>
#include <deque>

#include "core/queue/rocksdb/body.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::string_view kBegin = "{\"messageId\":\"";
constexpr std::string_view kEnd = "\"}";

// Every message has its id under this key, so this is no longer than the
// message was.
std::string Remains(std::string_view id, std::size_t size_bytes) {
  std::string text;
  text.append(kBegin).append(id).append(kEnd);
  text.resize(size_bytes, ' ');
  return text;
}

}  // namespace

std::optional<std::string> WithoutMessages(
    std::string_view value, std::string_view key,
    const std::vector<std::uint32_t>& places) {
  const std::optional<Body> body = Body::Parse(value, key);
  if (!body.has_value()) return std::nullopt;
  BodyBuilder builder;
  std::deque<std::string> remains;  // The builder has views of them.
  auto erased = places.begin();
  auto traced = body->traces().begin();
  for (std::uint32_t i = 0; i < body->count(); ++i) {
    const Message& message = body->place(i);
    std::uint32_t id_offset = message.id_offset - message.offset;
    if (erased != places.end() && *erased == i) {
      ++erased;
      remains.push_back(Remains(body->id(i), message.size_bytes));
      builder.AddJson(remains.back());
      id_offset = static_cast<std::uint32_t>(kBegin.size());
    } else {
      builder.AddJson(body->track(i));
    }
    builder.Add(message.size_bytes, id_offset, message.id_size_bytes);
    if (traced != body->traces().end() &&
        traced->first + traced->count == i + 1) {
      builder.AddTrace(traced->count, traced->trace);
      ++traced;
    }
  }
  std::string written;
  for (const std::string_view part : builder.Finish(key, body->origin())) {
    written.append(part);
  }
  return written;
}

}  // namespace segrid::queue::rocksdb
