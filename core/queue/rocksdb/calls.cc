#include "core/queue/rocksdb/calls.h"

#include <utility>

namespace segrid::queue::rocksdb {

std::int64_t BytesOf(const Call& call) {
  std::int64_t bytes = 0;
  if (const auto* append = std::get_if<AppendCall>(&call)) {
    for (const Chunk& chunk : append->batch.chunks) {
      bytes += static_cast<std::int64_t>(chunk.json.size());
    }
  }
  return bytes;
}

bool WaitsForCommits(const Call& call) {
  return std::holds_alternative<ReplayCall>(call) ||
         std::holds_alternative<DropCall>(call) ||
         std::holds_alternative<EraseCall>(call);
}

void Fail(Call& call, const absl::Status& error) {
  std::visit([&error](auto& one) { one.result = error; }, call);
}

void Answer(Call& call) {
  std::visit([](auto& one) { one.done(std::move(one.result)); }, call);
}

}  // namespace segrid::queue::rocksdb
