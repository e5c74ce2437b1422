#include "core/deliver/batch_splitter.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "core/deliver/refusal_evidence.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

using ::testing::ElementsAre;

struct Outcome {
  int posts = 0;
  std::vector<std::size_t> delivered;
  std::vector<std::size_t> bad;      // On proof.
  std::vector<std::size_t> suspect;  // Without proof, at the end.
};

// Sends until nothing is left; batches with a message of `bad` are refused. A
// suspect is sent alone again after the next success.
Outcome Send(std::size_t messages, const std::set<std::size_t>& bad,
             bool one_is_bad = true) {
  Outcome run;
  RefusalEvidence evidence;
  BatchSplitter splitter(messages);
  while (!splitter.empty() || evidence.has_to_check()) {
    const auto post = evidence.BeginPost();
    ++run.posts;
    Piece piece;
    if (const auto suspect = evidence.NextToCheck()) {
      piece = {.begin = *suspect - 1, .end = *suspect};
    } else {
      piece = splitter.Next();
    }
    const auto first = bad.lower_bound(piece.begin);
    if (first == bad.end() || *first >= piece.end) {
      splitter.Delivered(piece);
      evidence.OnDelivered(post);
      for (std::size_t i = piece.begin; i < piece.end; ++i) {
        run.delivered.push_back(i);
        evidence.Forget(i + 1);
      }
      continue;
    }
    std::vector<queue::Sequence> sequences;
    for (std::size_t i = piece.begin; i < piece.end; ++i) {
      sequences.push_back(i + 1);
    }
    if (piece.size() > 1) {
      evidence.OnBatchRefused(sequences, piece.size() == messages);
      splitter.Refused(piece, one_is_bad);
    } else if (evidence.IsProven(piece.begin + 1)) {
      run.bad.push_back(piece.begin);
      evidence.Forget(piece.begin + 1);
    } else {
      evidence.AddSuspect(piece.begin + 1, "", "");
    }
  }
  for (std::size_t i = 0; i < messages; ++i) {
    if (evidence.Find(i + 1) != nullptr) run.suspect.push_back(i);
  }
  return run;
}

int Bound(std::size_t n) {
  return 2 * static_cast<int>(std::ceil(std::log2(static_cast<double>(n)))) + 3;
}

TEST(BatchSplitter, NothingIsNothing) { EXPECT_TRUE(BatchSplitter(0).empty()); }

TEST(BatchSplitter, BeginsSplitWhereItIsTold) {
  BatchSplitter splitter(6, {2, 3});
  for (const std::size_t end : {2u, 3u, 6u}) {
    const Piece piece = splitter.Next();
    EXPECT_EQ(piece.end, end);
    EXPECT_EQ(piece.attempts, 0);
    // Nothing is known of the one behind.
    splitter.Delivered(piece);
  }
  EXPECT_TRUE(splitter.empty());
}

TEST(BatchSplitter, OneBadMessageIsProvenInFewPostsWhereverItIs) {
  std::vector<std::size_t> sizes;
  for (std::size_t n = 2; n <= 130; ++n) sizes.push_back(n);
  for (const std::size_t n : {1'000u, 2'047u, 2'048u, 2'049u, 2'499u, 2'500u}) {
    sizes.push_back(n);
  }
  for (const std::size_t n : sizes) {
    int most = 0;
    for (std::size_t bad = 0; bad < n; ++bad) {
      const Outcome run = Send(n, {bad});
      ASSERT_THAT(run.bad, ElementsAre(bad)) << n;
      ASSERT_EQ(run.delivered.size(), n - 1);
      most = std::max(most, run.posts);
    }
    EXPECT_LE(most, Bound(n)) << n;
  }
  EXPECT_EQ(Bound(2'499), 27);
}

TEST(BatchSplitter, GoesLevelByLevel) {
  BatchSplitter splitter(8);
  std::vector<std::size_t> sizes;
  while (!splitter.empty()) {
    const Piece piece = splitter.Next();
    sizes.push_back(piece.size());
    if (piece.size() > 1) splitter.Refused(piece, true);
  }
  EXPECT_THAT(sizes, ElementsAre(8, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1));
}

TEST(BatchSplitter, SkipsASecondHalfOfMoreThanTwoWhenTheFirstPassed) {
  const auto sizes = [](std::size_t messages, bool one_is_bad) {
    BatchSplitter splitter(messages);
    std::vector<std::size_t> sent;
    for (int i = 0; i < 3; ++i) {
      const Piece piece = splitter.Next();
      sent.push_back(piece.size());
      if (i == 1) {
        splitter.Delivered(piece);
      } else if (piece.size() > 1) {
        splitter.Refused(piece, one_is_bad);
      }
    }
    return sent;
  };
  EXPECT_THAT(sizes(8, true), ElementsAre(8, 4, 2)) << "not 4: known";
  EXPECT_THAT(sizes(8, false), ElementsAre(8, 4, 4)) << "nothing is known";
  EXPECT_THAT(sizes(4, true), ElementsAre(4, 2, 2)) << "a pair is proof";
}

TEST(BatchSplitter, GoesIntoTheDepthForWhatIsTooLarge) {
  BatchSplitter splitter(16);
  std::vector<std::size_t> sizes;
  while (!splitter.empty()) {
    const Piece piece = splitter.Next();
    sizes.push_back(piece.size());
    if (piece.size() > 4) {
      splitter.TooLarge(piece);
    } else {
      splitter.Delivered(piece);
    }
  }
  EXPECT_THAT(sizes, ElementsAre(16, 8, 4, 4, 8, 4, 4));
}

TEST(BatchSplitter, SamplesOneSingleOutOfEachPart) {
  BatchSplitter splitter(2'500);
  int posts = 0;
  for (; posts < 7; ++posts) splitter.Refused(splitter.Next(), true);
  splitter.SampleSingles(8);
  std::vector<std::size_t> singles;
  std::vector<bool> seen(2'500);
  while (!splitter.empty()) {
    const Piece piece = splitter.Next();
    if (singles.size() < 8) {
      ASSERT_EQ(piece.size(), 1u);
      singles.push_back(piece.begin);
    }
    for (std::size_t i = piece.begin; i < piece.end; ++i) {
      EXPECT_FALSE(seen[i]) << "once";
      seen[i] = true;
    }
  }
  EXPECT_THAT(seen, ::testing::Each(true));
  for (std::size_t i = 0; i < singles.size(); ++i) {
    EXPECT_NEAR(static_cast<double>(singles[i]), static_cast<double>(i) * 312.5,
                2);
  }
}

TEST(BatchSplitter, SamplesOfFewAreAllOfThem) {
  BatchSplitter splitter(5);
  splitter.SampleSingles(8);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(splitter.Next().size(), 1u);
  EXPECT_TRUE(splitter.empty());
}

TEST(BatchSplitter, EveryMessageEndsInOneWay) {
  for (const bool one_is_bad : {false, true}) {
    for (unsigned mask = 0; mask < 1u << 9; ++mask) {
      std::set<std::size_t> bad;
      for (std::size_t i = 0; i < 9; ++i) {
        if ((mask >> i & 1u) != 0) bad.insert(i);
      }
      const Outcome run = Send(9, bad, one_is_bad);
      std::vector<std::size_t> refused = run.bad;
      refused.insert(refused.end(), run.suspect.begin(), run.suspect.end());
      EXPECT_THAT(refused, ::testing::UnorderedElementsAreArray(bad)) << mask;
      EXPECT_EQ(run.delivered.size() + bad.size(), 9u) << mask;
      if (bad.size() == 9) {
        EXPECT_THAT(run.bad, ::testing::IsEmpty());
      }
    }
  }
}

TEST(BatchSplitter, CountsTheAttemptsOfEachMessage) {
  BatchSplitter splitter(4);
  const Piece all = splitter.Next();
  EXPECT_EQ(all.attempts, 0);
  splitter.Refused(all, false);
  const Piece half = splitter.Next();
  EXPECT_EQ(half.attempts, 1);
  EXPECT_EQ(half.end, 2u);
  const std::vector<Piece> rest = splitter.TakeAll();
  ASSERT_EQ(rest.size(), 1u);
  EXPECT_EQ(rest[0].begin, 2u);
  EXPECT_EQ(rest[0].attempts, 1);
  EXPECT_TRUE(splitter.empty());
}

}  // namespace
}  // namespace segrid::deliver
