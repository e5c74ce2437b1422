#include "core/queue/rocksdb/body.h"

#include <cstring>
#include <utility>

#include "core/queue/rocksdb/binary.h"
#include "core/queue/rocksdb/checksum.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::size_t kRowBytes = 8;
// Marks a traced call that is sampled.
constexpr std::uint8_t kSampledFlag = 1;
constexpr std::uint8_t kStateFlag = 2;  // Its tracestate follows.
// JSON of a body; staged_chunk.h allows half of it. A stored size over it is
// damage.
constexpr std::uint64_t kMaxJsonBytes = 1 << 20;

// In the place of a count, which is never 0 in format 1.
constexpr std::uint32_t kHasOrigin = 0;

void WriteOrigin(const BodyOrigin& origin, BinaryWriter& writer) {
  writer.Put(kHasOrigin);
  writer.Put(origin.commit);
  writer.PutTime(origin.accepted_time);
  writer.Put(std::uint8_t{origin.replayed});
  writer.PutText(origin.lane);
}

BodyOrigin ReadOrigin(BinaryReader& reader) {
  BodyOrigin origin;
  origin.commit = reader.Get<std::uint64_t>();
  origin.accepted_time = reader.GetTime();
  origin.replayed = reader.Get<std::uint8_t>() != 0;
  origin.lane = reader.GetText();
  return origin;
}

// Puts the frames' JSON together, which `total` says the size of, and reads up
// to their end.
std::optional<Bytes> Join(BinaryReader& reader, std::uint32_t frames,
                          std::uint64_t total) {
  if (reader.rest().size() / kRowBytes < frames) return std::nullopt;
  std::string_view stored =
      reader.rest().substr(std::size_t{frames} * kRowBytes);
  const std::shared_ptr<char[]> json =
      std::make_shared_for_overwrite<char[]>(total);
  char* const out = json.get();
  std::uint64_t at = 0;
  for (std::uint32_t i = 0; i < frames; ++i) {
    Frame frame{.json_bytes = reader.Get<std::uint32_t>()};
    const auto stored_bytes = reader.Get<std::uint32_t>();
    if (i > 0 && at < total) out[at++] = ',';
    if (stored_bytes > stored.size() || frame.json_bytes > total - at) {
      return std::nullopt;
    }
    frame.stored = stored.substr(0, stored_bytes);
    stored.remove_prefix(stored_bytes);
    if (!Unpack(frame, out + at)) return std::nullopt;
    at += frame.json_bytes;
  }
  if (at != total) return std::nullopt;
  reader = BinaryReader(stored);
  return Bytes(json, std::string_view(json.get(), total));
}

// The calls that brought the messages: all of the rest, which is often nothing.
std::optional<std::vector<TracedPlaces>> ReadTraces(BinaryReader& reader,
                                                    std::uint32_t messages) {
  std::vector<TracedPlaces> traces;
  std::uint64_t after = 0;
  while (!reader.rest().empty()) {
    TracedPlaces& places = traces.emplace_back();
    places.first = reader.Get<std::uint32_t>();
    places.count = reader.Get<std::uint32_t>();
    for (auto& byte : places.trace.trace_id) byte = reader.Get<std::uint8_t>();
    for (auto& byte : places.trace.span_id) byte = reader.Get<std::uint8_t>();
    const auto flags = reader.Get<std::uint8_t>();
    places.trace.sampled = (flags & kSampledFlag) != 0;
    if ((flags & kStateFlag) != 0) places.trace.state = reader.GetText();
    if (!reader.ok() || flags > (kSampledFlag | kStateFlag) ||
        places.count == 0 || places.first < after) {
      return std::nullopt;
    }
    after = std::uint64_t{places.first} + places.count;
    if (after > messages) return std::nullopt;
  }
  return traces;
}

}  // namespace

void BodyBuilder::AddJson(std::string_view json) {
  if (pieces_.empty() || pieces_.back().loose_bytes == 0 ||
      pieces_.back().loose_bytes + json.size() > kFrameBytes) {
    pieces_.push_back({.loose_begin = loose_.size()});
  }
  loose_.push_back(json);
  pieces_.back().loose_end = loose_.size();
  pieces_.back().loose_bytes += json.size() + 1;
}

void BodyBuilder::AddFrame(const Frame& frame) {
  pieces_.push_back({.packed = frame});
}

void BodyBuilder::Add(std::uint32_t size_bytes, std::uint32_t id_offset,
                      std::uint32_t id_size_bytes) {
  BinaryWriter row(table_);
  row.Put(size_bytes);
  row.Put(static_cast<std::uint16_t>(id_offset));
  row.Put(static_cast<std::uint16_t>(id_size_bytes));
  ++count_;
  bytes_ += size_bytes;
}

void BodyBuilder::AddTrace(std::uint32_t messages,
                           const base::TraceParent& trace) {
  const std::uint32_t first = count_ - messages;
  if (!traces_.empty() && traces_.back().trace == trace &&
      traces_.back().first + traces_.back().count == first) {
    traces_.back().count += messages;
  } else {
    traces_.push_back({first, messages, trace});
  }
}

void BodyBuilder::Pack(Piece& piece) {
  if (piece.loose_bytes == 0) return;
  std::string_view json = loose_[piece.loose_begin];
  if (piece.loose_end - piece.loose_begin > 1) {
    rooms_.push_back(std::make_unique_for_overwrite<char[]>(piece.loose_bytes));
    char* out = rooms_.back().get();
    for (std::size_t i = piece.loose_begin; i < piece.loose_end; ++i) {
      std::memcpy(out, loose_[i].data(), loose_[i].size());
      out += loose_[i].size();
      *out++ = ',';
    }
    json = {rooms_.back().get(), piece.loose_bytes - 1};
  }
  piece.loose_bytes = 0;
  if (json.size() < kMinPackedBytes) {
    piece.packed = rocksdb::Pack(json, nullptr);
    return;
  }
  rooms_.push_back(
      std::make_unique_for_overwrite<char[]>(PackRoom(json.size())));
  piece.packed = rocksdb::Pack(json, rooms_.back().get());
}

void BodyBuilder::PackFull() {
  for (std::size_t i = 0; i + 1 < pieces_.size(); ++i) Pack(pieces_[i]);
}

std::vector<std::string_view> BodyBuilder::Finish(
    std::string_view key, const std::optional<BodyOrigin>& origin) {
  BinaryWriter head(head_);
  if (origin.has_value()) WriteOrigin(*origin, head);
  head.Put(count_);
  head.Put(static_cast<std::uint32_t>(pieces_.size()));
  BinaryWriter sizes(table_);
  std::vector<std::string_view> parts(2);
  for (Piece& piece : pieces_) {
    Pack(piece);
    sizes.Put(piece.packed.json_bytes);
    sizes.Put(static_cast<std::uint32_t>(piece.packed.stored.size()));
    parts.push_back(piece.packed.stored);
  }
  parts[0] = head_;
  parts[1] = table_;
  std::uint32_t checksum = Crc32c(key);
  for (const std::string_view part : parts) checksum = Crc32c(part, checksum);
  BinaryWriter tail(tail_);
  for (const TracedPlaces& places : traces_) {
    tail.Put(places.first);
    tail.Put(places.count);
    for (const std::uint8_t byte : places.trace.trace_id) tail.Put(byte);
    for (const std::uint8_t byte : places.trace.span_id) tail.Put(byte);
    const bool has_state = !places.trace.state.empty();
    tail.Put(
        static_cast<std::uint8_t>((places.trace.sampled ? kSampledFlag : 0) |
                                  (has_state ? kStateFlag : 0)));
    if (has_state) tail.PutText(places.trace.state);
  }
  tail.Put(Crc32c(tail_, checksum));
  parts.push_back(tail_);
  return parts;
}

std::string WithOrigin(std::string_view value, std::string_view key,
                       const BodyOrigin& origin) {
  std::string bytes;
  BinaryWriter writer(bytes);
  WriteOrigin(origin, writer);
  bytes.append(value.substr(0, value.size() - sizeof(std::uint32_t)));
  writer.PutChecksum(key);
  return bytes;
}

std::optional<Body> Body::Parse(std::string_view value, std::string_view key) {
  Body body;
  BinaryReader reader(value);
  reader.CheckChecksum(key);
  auto count = reader.Get<std::uint32_t>();
  if (reader.ok() && count == kHasOrigin) {
    body.origin_ = ReadOrigin(reader);
    count = reader.Get<std::uint32_t>();
  }
  const auto frames = reader.Get<std::uint32_t>();
  if (!reader.ok() || count == 0 || reader.rest().size() / kRowBytes < count) {
    return std::nullopt;
  }
  body.places_.reserve(count);
  auto ends = std::make_shared<std::vector<std::uint32_t>>();
  ends->reserve(count);
  std::uint64_t offset = 0;
  std::uint32_t end = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto size = reader.Get<std::uint32_t>();
    const auto id_offset = reader.Get<std::uint16_t>();
    const auto id_size = reader.Get<std::uint16_t>();
    if (std::uint64_t{id_offset} + id_size > size) return std::nullopt;
    body.places_.push_back({static_cast<std::uint32_t>(offset), size,
                            static_cast<std::uint32_t>(offset + id_offset),
                            id_size});
    offset += std::uint64_t{size} + 1;
    if (offset > kMaxJsonBytes) return std::nullopt;
    ends->push_back(end += size);
  }
  // One comma less than messages.
  std::optional<Bytes> json = Join(reader, frames, offset - 1);
  if (!json.has_value()) return std::nullopt;
  auto traces = ReadTraces(reader, count);
  if (!traces.has_value()) return std::nullopt;
  body.traces_ = *std::move(traces);
  body.storage_ = *std::move(json);
  body.ends_ = std::move(ends);
  return body;
}

}  // namespace segrid::queue::rocksdb
