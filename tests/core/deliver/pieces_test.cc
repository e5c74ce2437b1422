#include "core/deliver/pieces.h"

#include <algorithm>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

using ::testing::ElementsAre;

struct Outcome {
  int posts = 0;
  std::vector<std::size_t> delivered;
  std::vector<std::size_t> bad;
};

// Sends until nothing is left; batches with a message of `bad` are refused.
Outcome Send(std::size_t messages, const std::set<std::size_t>& bad,
             bool one_is_bad) {
  Outcome run;
  Pieces pieces(messages);
  while (!pieces.empty()) {
    const Piece piece = pieces.Next();
    ++run.posts;
    const auto first = bad.lower_bound(piece.begin);
    if (first == bad.end() || *first >= piece.end) {
      pieces.Delivered(piece);
      for (std::size_t i = piece.begin; i < piece.end; ++i) {
        run.delivered.push_back(i);
      }
    } else if (piece.size() == 1) {
      run.bad.push_back(piece.begin);
    } else {
      pieces.Refused(piece, one_is_bad);
    }
  }
  return run;
}

TEST(Pieces, NothingIsNothing) { EXPECT_TRUE(Pieces(0).empty()); }

TEST(Pieces, BeginCutWhereTheyAreTold) {
  Pieces pieces(6, {2, 3});
  for (const std::size_t end : {2u, 3u, 6u}) {
    const Piece piece = pieces.Next();
    EXPECT_EQ(piece.end, end);
    EXPECT_EQ(piece.attempts, 0);
    // Nothing is known of the one behind.
    pieces.Delivered(piece);
  }
  EXPECT_TRUE(pieces.empty());
}

TEST(Pieces, OneBadMessageIsFoundInFewPostsWhereverItIs) {
  int most = 0;
  for (std::size_t bad = 0; bad < 2500; ++bad) {
    const Outcome run = Send(2500, {bad}, true);
    ASSERT_THAT(run.bad, ElementsAre(bad));
    ASSERT_EQ(run.delivered.size(), 2499u);
    most = std::max(most, run.posts);
  }
  EXPECT_LE(most, 24);  // 2 * log2(2500) + 2
}

TEST(Pieces, EveryMessageHasOneFateAndTheOrderIsKept) {
  for (const bool one_is_bad : {false, true}) {
    for (unsigned mask = 0; mask < 1u << 9; ++mask) {
      std::set<std::size_t> bad;
      for (std::size_t i = 0; i < 9; ++i) {
        if ((mask >> i & 1u) != 0) bad.insert(i);
      }
      const Outcome run = Send(9, bad, one_is_bad);
      EXPECT_THAT(run.bad, ::testing::ElementsAreArray(bad)) << mask;
      EXPECT_EQ(run.delivered.size() + run.bad.size(), 9u) << mask;
      EXPECT_TRUE(std::is_sorted(run.delivered.begin(), run.delivered.end()));
    }
  }
}

TEST(Pieces, CountsTheAttemptsOfEachMessage) {
  Pieces pieces(4);
  const Piece all = pieces.Next();
  EXPECT_EQ(all.attempts, 0);
  pieces.Refused(all, false);
  const Piece half = pieces.Next();
  EXPECT_EQ(half.attempts, 1);
  EXPECT_EQ(half.end, 2u);
  const std::vector<Piece> rest = pieces.TakeAll();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].begin, 2u);
  EXPECT_EQ(rest[0].attempts, 1);
  EXPECT_TRUE(pieces.empty());
}

}  // namespace
}  // namespace segrid::deliver
