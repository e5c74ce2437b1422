#include <cstdlib>
#include <string>
#include <utility>

#include "core/codec/output.h"
#include "gtest/gtest.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

TEST(OutputBuffer, IsEmptyAtFirst) {
  const OutputBuffer buffer;
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

TEST(OutputBuffer, KeepsWhatIsAppended) {
  testing::Random random(testing::TestSeed());
  OutputBuffer buffer;
  for (int round = 0; round < 50; ++round) {
    std::string expected;
    buffer.Clear();
    for (int i = 0; i < 200; ++i) {
      const std::string piece(random.Below(300),
                              static_cast<char>('a' + random.Below(26)));
      if (random.OneIn(3)) {
        // Reserving more than is used is fine.
        char* const out = buffer.Reserve(piece.size() + random.Below(1000));
        piece.copy(out, piece.size());
        buffer.Finish(out + piece.size());
      } else {
        buffer.Append(piece);
      }
      expected += piece;
      if (random.OneIn(20)) {
        const std::size_t size = random.Below(expected.size() + 1);
        buffer.Truncate(size);
        expected.resize(size);
      }
      ASSERT_EQ(buffer.size(), expected.size());
    }
    ASSERT_EQ(buffer.view(), expected);
  }
}

TEST(OutputBuffer, PrependsIntoItsHeadroom) {
  OutputBuffer buffer;
  buffer.Append("body");
  buffer.Prepend("two ");
  buffer.Prepend("one ");
  EXPECT_EQ(buffer.view(), "one two body");
  buffer.Append("!");
  EXPECT_EQ(buffer.view(), "one two body!");
  buffer.Clear();
  buffer.Append("x");
  buffer.Prepend(std::string(OutputBuffer::kHeadroomBytes, 'h'));
  EXPECT_EQ(buffer.view(),
            std::string(OutputBuffer::kHeadroomBytes, 'h') + "x");
}

TEST(OutputBuffer, GivesItsStorageAway) {
  OutputBuffer buffer;
  buffer.Append("given away");
  const OutputBuffer::Released released = buffer.Release();
  EXPECT_EQ(std::string_view(released.data, released.size), "given away");
  EXPECT_GE(released.capacity, released.size + OutputBuffer::kHeadroomBytes);
  EXPECT_EQ(buffer.size(), 0u);
  buffer.Append("new");
  EXPECT_EQ(buffer.view(), "new");
  EXPECT_EQ(std::string_view(released.data, released.size), "given away");
  std::free(released.storage);
}

TEST(OutputBuffer, AnEmptyOneReleasesNothing) {
  OutputBuffer buffer;
  const OutputBuffer::Released released = buffer.Release();
  EXPECT_EQ(released.storage, nullptr);
  EXPECT_EQ(released.size, 0u);
}

TEST(OutputBuffer, Moves) {
  OutputBuffer from;
  from.Append("moved");
  OutputBuffer to(std::move(from));
  EXPECT_EQ(to.view(), "moved");
  OutputBuffer third;
  third.Append("old");
  third = std::move(to);
  EXPECT_EQ(third.view(), "moved");
}

TEST(OutputBuffer, KeepsItsStorageWhenCleared) {
  OutputBuffer buffer;
  buffer.Append(std::string(10'000, 'x'));
  const char* const before = buffer.begin();
  buffer.Clear();
  buffer.Append(std::string(10'000, 'y'));
  EXPECT_EQ(buffer.begin(), before);
}

}  // namespace
}  // namespace segrid::codec
