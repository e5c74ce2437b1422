#include "bench/queue/chunk_maker.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include "bench/load/event_generator.h"
#include "bench/load/event_json.h"
#include "bench/load/random.h"
#include "core/pipeline/forward_batch.h"

namespace segrid::bench {
namespace {

constexpr std::uint64_t kSeed = 20'260'609;
// Tracks of all prepared chunks: more than a processor's cache holds.
constexpr int kTracks = 8'000;
constexpr const char* kLane = "bench";
// Characters of an id that are its own in each call: 64 bits.
constexpr std::size_t kStampBytes = 11;

// A one-to-one scrambling, so that counted ids look like drawn ones.
std::uint64_t Scramble(std::uint64_t number) { return Random(number).Next(); }

void Stamp(std::uint64_t number, char* out) {
  for (std::size_t i = 0; i < kStampBytes; ++i, number >>= 6) {
    out[i] = kUrlSafe[number & 63];
  }
}

pipeline::ForwardLane Transform(EventGenerator& events, int count) {
  std::vector<std::string> elements;
  for (int i = 0; i < count; ++i) {
    elements.push_back(EventToJson(events.Next()));
  }
  const std::string body = JoinBody(elements);
  const std::string name = kLane;
  // What is off by default makes a Track, too: no event is left out.
  transform::Options options;
  options.events = ~std::uint32_t{0};
  std::vector<pipeline::ForwardLane> lanes(1);
  lanes[0].name = &name;
  lanes[0].options = &options;
  std::vector<pipeline::Issue> issues;
  pipeline::Counts counts;
  const absl::Status status = pipeline::ForwardTransformer().Transform(
      {.bytes = body}, count, lanes, issues, counts);
  if (!status.ok() || std::ssize(lanes[0].messages) != count) std::abort();
  return std::move(lanes[0]);
}

}  // namespace

ChunkMaker::ChunkMaker(int messages) {
  EventGenerator events(kSeed);
  for (int made = 0; made < kTracks; made += messages) {
    const pipeline::ForwardLane lane = Transform(events, messages);
    prepared_.push_back({std::string(lane.json.view()), lane.messages});
  }
}

queue::Chunk ChunkMaker::Make(int caller, std::int64_t call) const {
  // Neighbours in time take chunks far from each other.
  const auto turn = static_cast<std::size_t>(call) * 13 +
                    static_cast<std::size_t>(caller) * 7;
  const Prepared& prepared = prepared_[turn % prepared_.size()];
  std::string json = prepared.json;
  std::uint64_t number = static_cast<std::uint64_t>(caller) << 48 |
                         static_cast<std::uint64_t>(call) << 16;
  for (const queue::Message& message : prepared.messages) {
    Stamp(Scramble(number++), json.data() + message.id_offset);
  }
  return {.lane = kLane,
          .json = queue::Bytes(std::move(json)),
          .messages = prepared.messages};
}

double ChunkMaker::mean_bytes() const {
  std::size_t bytes = 0;
  for (const Prepared& prepared : prepared_) bytes += prepared.json.size();
  return static_cast<double>(bytes) / static_cast<double>(prepared_.size());
}

}  // namespace segrid::bench
