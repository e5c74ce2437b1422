#include "core/queue/rocksdb/body.h"

#include <string>
#include <string_view>
#include <vector>

#include "core/queue/rocksdb/checksum.h"
#include "gtest/gtest.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::string_view kKey = "key";

// Messages that look alike, as Tracks do; `alike` false: like noise.
Chunk MakeChunk(int count, std::size_t size, bool alike = true) {
  std::string json;
  Chunk chunk{.lane = "prod"};
  std::uint64_t state = 1;
  for (int i = 0; i < count; ++i) {
    if (i > 0) json += ',';
    const std::size_t begin = json.size();
    json += "{\"messageId\":\"";
    const std::size_t id = json.size();
    json += "id-" + std::to_string(i) + "\",\"type\":\"track\",\"text\":\"";
    const std::size_t id_size = std::to_string(i).size() + 3;
    while (json.size() - begin + 2 < size) {
      state = state * 6364136223846793005U + 1442695040888963407U;
      json += alike ? 'a' : static_cast<char>('0' + (state >> 58));
    }
    json += "\"}";
    chunk.messages.push_back({static_cast<std::uint32_t>(begin),
                              static_cast<std::uint32_t>(json.size() - begin),
                              static_cast<std::uint32_t>(id),
                              static_cast<std::uint32_t>(id_size)});
  }
  chunk.json = Bytes(std::move(json));
  return chunk;
}

std::string Joined(const std::vector<std::string_view>& parts) {
  std::string value;
  for (const std::string_view part : parts) value += part;
  return value;
}

void AddRows(const Chunk& chunk, BodyBuilder& body) {
  for (const Message& m : chunk.messages) {
    body.Add(m.size_bytes, m.id_offset - m.offset, m.id_size_bytes);
  }
}

// Stores the chunk as it is given, loose, or packed by its caller.
std::string Store(const Chunk& chunk, bool by_caller) {
  BodyBuilder body;
  AddRows(chunk, body);
  PackedChunk packed;
  if (by_caller) {
    packed = PackChunk(chunk);
    for (const PackedRun& run : packed.runs) body.AddFrame(run.frame);
  } else {
    body.AddJson(chunk.json.view());
  }
  return Joined(body.Finish(kKey));
}

void ExpectHolds(const std::string& value, const Chunk& chunk) {
  const std::optional<Body> body = Body::Parse(value, kKey);
  ASSERT_TRUE(body.has_value());
  ASSERT_EQ(body->count(), chunk.messages.size());
  for (std::size_t i = 0; i < chunk.messages.size(); ++i) {
    ASSERT_EQ(body->track(i), chunk.track(chunk.messages[i]));
    ASSERT_EQ(body->id(i), chunk.id(chunk.messages[i]));
  }
}

TEST(Body, GivesBackWhatWasStored) {
  for (const int count : {1, 2, 30, 100, 700}) {
    for (const bool alike : {true, false}) {
      const Chunk chunk = MakeChunk(count, 650, alike);
      SCOPED_TRACE(count);
      ExpectHolds(Store(chunk, false), chunk);
      if (chunk.json.size() >= 20'000) ExpectHolds(Store(chunk, true), chunk);
    }
  }
}

TEST(Body, IsSmallerThanWhatItHolds) {
  const Chunk chunk = MakeChunk(100, 650);
  EXPECT_LT(Store(chunk, true).size(), chunk.json.size() / 3);
  EXPECT_LT(Store(chunk, false).size(), chunk.json.size() / 3);
  // Noise grows by the table only.
  const Chunk noise = MakeChunk(100, 650, false);
  EXPECT_LE(Store(noise, true).size(), noise.json.size() + 100 * 8 + 64);
}

TEST(Body, JoinsWhatManyCallersGave) {
  const Chunk large = MakeChunk(60, 650);
  const Chunk small = MakeChunk(3, 650);
  const Chunk tiny = MakeChunk(1, 50);
  const PackedChunk packed = PackChunk(large);
  BodyBuilder body;
  std::vector<const Chunk*> order;
  for (int i = 0; i < 3; ++i) {
    for (const Chunk* const chunk : {&small, &tiny, &large, &tiny}) {
      order.push_back(chunk);
      AddRows(*chunk, body);
      if (chunk != &large) {
        body.AddJson(chunk->json.view());
        continue;
      }
      for (const PackedRun& run : packed.runs) body.AddFrame(run.frame);
    }
  }
  const auto read = Body::Parse(Joined(body.Finish(kKey)), kKey);
  ASSERT_TRUE(read.has_value());
  std::size_t i = 0;
  for (const Chunk* const chunk : order) {
    for (const Message& m : chunk->messages) {
      ASSERT_EQ(read->track(i++), chunk->track(m));
    }
  }
  EXPECT_EQ(i, read->count());
  // The stored form is that of one array.
  std::string array;
  for (const Chunk* const chunk : order) {
    if (!array.empty()) array += ',';
    array += chunk->json.view();
  }
  EXPECT_EQ(read->storage().view(), array);
}

TEST(Body, FindsEachDamagedBit) {
  const std::string value = Store(MakeChunk(30, 650), true);
  for (std::size_t bit = 0; bit < value.size() * 8; ++bit) {
    std::string damaged = value;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    ASSERT_FALSE(Body::Parse(damaged, kKey).has_value()) << bit;
  }
  for (std::size_t size = 0; size < value.size(); ++size) {
    ASSERT_FALSE(Body::Parse(value.substr(0, size), kKey).has_value()) << size;
  }
  EXPECT_FALSE(Body::Parse(value, "another").has_value());
}

// Whoever gets a checksum right can still do no harm.
TEST(Body, SurvivesWrongSizesWithRightChecksums) {
  const std::string value = Store(MakeChunk(30, 650), true);
  int refused = 0;
  for (std::size_t at = 0; at < value.size() - 4; ++at) {
    for (const char wrong : {'\x00', '\x01', '\x7f', '\xff'}) {
      std::string damaged = value.substr(0, value.size() - 4);
      damaged[at] = wrong;
      const std::uint32_t checksum = Crc32c(damaged, Crc32c(kKey));
      damaged.append(reinterpret_cast<const char*>(&checksum), 4);
      const std::optional<Body> body = Body::Parse(damaged, kKey);
      if (!body.has_value()) {
        ++refused;
        continue;
      }
      for (std::size_t i = 0; i < body->count(); ++i) {
        ASSERT_LE(body->place(i).offset + body->track(i).size(),
                  body->storage().size());
      }
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(PackChunk, LeavesSmallChunksToTheWriter) {
  EXPECT_TRUE(PackChunk(MakeChunk(10, 650)).runs.empty());
  const Chunk chunk = MakeChunk(1'000, 650);
  const PackedChunk packed = PackChunk(chunk);
  std::size_t messages = 0;
  std::size_t bytes = 0;
  for (const PackedRun& run : packed.runs) {
    messages += run.count;
    bytes += run.frame.json_bytes + 1;
    EXPECT_LE(run.frame.json_bytes, kFrameBytes);
  }
  EXPECT_EQ(messages, 1'000U);
  EXPECT_EQ(bytes, chunk.json.size() + 1);
}

TEST(Body, HoldsTheTracesOfItsMessages) {
  const Chunk chunk = MakeChunk(3, 650);
  const auto trace = [](char digit) {
    return *base::ParseTraceParent("00-" + std::string(32, digit) + "-" +
                                   std::string(16, digit) + "-01");
  };
  BodyBuilder body;
  for (int i = 0; i < 4; ++i) {
    AddRows(chunk, body);
    body.AddJson(chunk.json.view());
    if (i != 1) body.AddTrace(3, trace(i < 2 ? 'a' : 'b'));
  }
  const auto read = Body::Parse(Joined(body.Finish(kKey)), kKey);
  ASSERT_TRUE(read.has_value());
  ASSERT_EQ(read->traces().size(), 2u);
  EXPECT_EQ(read->traces()[0].trace, trace('a'));
  EXPECT_EQ(read->traces()[0].first, 0u);
  EXPECT_EQ(read->traces()[0].count, 3u);
  EXPECT_EQ(read->traces()[1].trace, trace('b'));
  EXPECT_EQ(read->traces()[1].first, 6u);
  EXPECT_EQ(read->traces()[1].count, 6u);
  EXPECT_EQ(read->count(), 12u);
}

TEST(Body, HoldsTheStateOfATraceAndStoresNoneAsBefore) {
  const Chunk chunk = MakeChunk(3, 650);
  const auto stored = [&chunk](const std::string& state, bool sampled) {
    BodyBuilder body;
    AddRows(chunk, body);
    body.AddJson(chunk.json.view());
    base::TraceParent trace = *base::ParseTraceParent(
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00");
    trace.sampled = sampled;
    trace.state = state;
    body.AddTrace(3, trace);
    return Joined(body.Finish(kKey));
  };
  for (const bool sampled : {false, true}) {
    for (const std::string state : {"", "a=1", "rojo=1,congo=2"}) {
      const std::string value = stored(state, sampled);
      EXPECT_EQ(value.size(), stored("", sampled).size() +
                                  (state.empty() ? 0 : 4 + state.size()));
      const auto read = Body::Parse(value, kKey);
      ASSERT_TRUE(read.has_value());
      ASSERT_EQ(read->traces().size(), 1u);
      EXPECT_EQ(read->traces()[0].trace.state, state);
      EXPECT_EQ(read->traces()[0].trace.sampled, sampled);
    }
  }
  // 33 bytes of a row, whose last is 0 or 1, and the checksum.
  EXPECT_EQ(stored("", true)[stored("", true).size() - 5], 1);
}

TEST(Body, CostsNothingWithoutTraces) {
  const Chunk chunk = MakeChunk(3, 650);
  std::string value = Store(chunk, false);
  // Rows of traces that say nothing are damage.
  value.resize(value.size() - 4);
  EXPECT_EQ(value.size(), 8 + 3 * 8 + 8 + chunk.json.size());
  for (const std::size_t more : {std::size_t{1}, std::size_t{33}}) {
    std::string longer = value + std::string(more, '\0');
    const std::uint32_t checksum = Crc32c(longer, Crc32c(kKey));
    longer.append(reinterpret_cast<const char*>(&checksum), 4);
    EXPECT_FALSE(Body::Parse(longer, kKey).has_value()) << more;
  }
}

}  // namespace
}  // namespace segrid::queue::rocksdb
