#include "core/queue/rocksdb/body.h"

#include <utility>

#include "core/queue/rocksdb/binary.h"
#include "core/queue/rocksdb/checksum.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::size_t kRowBytes = 8;

}  // namespace

void BodyBuilder::AddJson(std::string_view json) {
  if (!json_.empty()) json_.push_back(",");
  json_.push_back(json);
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

std::vector<std::string_view> BodyBuilder::Finish(std::string_view key) {
  BinaryWriter(head_).Put(count_);
  std::vector<std::string_view> parts = {head_, table_};
  parts.insert(parts.end(), json_.begin(), json_.end());
  std::uint32_t checksum = Crc32c(key);
  for (const std::string_view part : parts) checksum = Crc32c(part, checksum);
  BinaryWriter(tail_).Put(checksum);
  parts.push_back(tail_);
  return parts;
}

std::optional<Body> Body::Parse(std::string value, std::string_view key) {
  Body body;
  body.storage_ = Bytes(std::move(value));
  const std::string_view bytes = body.storage_.view();
  BinaryReader reader(bytes);
  reader.CheckChecksum(key);
  const auto count = reader.Get<std::uint32_t>();
  if (!reader.ok() || count == 0 || reader.rest().size() / kRowBytes < count) {
    return std::nullopt;
  }
  body.places_.reserve(count);
  auto ends = std::make_shared<std::vector<std::uint32_t>>();
  ends->reserve(count);
  std::uint64_t offset = sizeof(count) + count * kRowBytes;
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
    ends->push_back(end += size);
  }
  // One comma less than messages, and the checksum at the end.
  if (offset - 1 + sizeof(std::uint32_t) != bytes.size()) return std::nullopt;
  body.ends_ = std::move(ends);
  return body;
}

}  // namespace segrid::queue::rocksdb
