#include "core/deliver/refusal_evidence.h"

#include <vector>

#include "gtest/gtest.h"

namespace segrid::deliver {
namespace {

TEST(RefusalEvidence, ProofIsRefusedThenAnotherTakenThenRefused) {
  RefusalEvidence evidence;
  evidence.OnDelivered(evidence.BeginPost());
  evidence.BeginPost();
  EXPECT_FALSE(evidence.IsProven(1)) << "a success before proves nothing";
  ASSERT_TRUE(evidence.AddSuspect(1, "BAD_MESSAGE", "HTTP 400: no"));
  EXPECT_FALSE(evidence.IsProven(1));
  EXPECT_EQ(evidence.waiting(), 1u);
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_TRUE(evidence.IsProven(1));
  EXPECT_EQ(evidence.waiting(), 0u);
  EXPECT_EQ(evidence.NextToCheck(), 1u);
  EXPECT_FALSE(evidence.has_to_check());
  EXPECT_EQ(evidence.Find(1)->answer, "HTTP 400: no");
}

TEST(RefusalEvidence, APostThatBeganBeforeTheRefusalProvesNothing) {
  RefusalEvidence evidence;
  const auto before = evidence.BeginPost();
  evidence.BeginPost();
  evidence.AddSuspect(1, "", "");
  evidence.OnDelivered(before);
  EXPECT_FALSE(evidence.IsProven(1));
  EXPECT_FALSE(evidence.has_to_check());
}

TEST(RefusalEvidence, ARefusalInAPairCounts) {
  RefusalEvidence evidence;
  evidence.BeginPost();
  evidence.OnBatchRefused({1, 2}, false);
  evidence.BeginPost();
  evidence.OnBatchRefused({3, 4, 5}, false);
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_TRUE(evidence.IsProven(1));
  EXPECT_TRUE(evidence.IsProven(2));
  EXPECT_FALSE(evidence.IsProven(3)) << "one of three is not alone";
}

TEST(RefusalEvidence, EightDifferentSinglesInARowHold) {
  RefusalEvidence evidence;
  for (queue::Sequence i = 1; i <= 7; ++i) {
    EXPECT_FALSE(evidence.HoldsWith(i));
    evidence.AddSuspect(i, "", "");
    EXPECT_FALSE(evidence.HoldsWith(i)) << "the same again is no other";
  }
  EXPECT_TRUE(evidence.HoldsWith(8));
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_FALSE(evidence.HoldsWith(8));
}

TEST(RefusalEvidence, ABatchOfFewHoldsWhenAllOfThemWereRefused) {
  for (std::size_t n = 2; n <= 8; ++n) {
    RefusalEvidence evidence;
    std::vector<queue::Sequence> all;
    for (queue::Sequence i = 1; i <= n; ++i) all.push_back(i);
    evidence.OnBatchRefused(all, true);
    for (queue::Sequence i = 1; i < n; ++i) {
      EXPECT_FALSE(evidence.HoldsWith(i));
      evidence.AddSuspect(i, "", "");
    }
    EXPECT_TRUE(evidence.HoldsWith(n)) << n;
  }
  RefusalEvidence part;
  part.OnBatchRefused({1, 2}, false);
  part.AddSuspect(1, "", "");
  EXPECT_FALSE(part.HoldsWith(2)) << "the others of the batch may be good";
}

TEST(RefusalEvidence, SinglesAreTriedAfterSevenRefusedBatchesInARow) {
  RefusalEvidence evidence;
  for (int i = 0; i < 7; ++i) {
    EXPECT_EQ(evidence.singles_to_try(), 0u);
    evidence.OnBatchRefused({1, 2, 3}, false);
  }
  EXPECT_EQ(evidence.singles_to_try(), 8u);
  evidence.AddSuspect(1, "", "");
  EXPECT_EQ(evidence.singles_to_try(), 7u) << "a put-back forgets nothing";
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_EQ(evidence.singles_to_try(), 0u);
}

TEST(RefusalEvidence, SuspectsAreBounded) {
  RefusalEvidence evidence;
  for (queue::Sequence i = 1; i <= RefusalEvidence::kMaxSuspects; ++i) {
    ASSERT_TRUE(evidence.AddSuspect(i, "", ""));
  }
  EXPECT_FALSE(evidence.AddSuspect(5'000, "", ""));
  EXPECT_TRUE(evidence.AddSuspect(7, "", "")) << "known already";
  evidence.Forget(1);
  EXPECT_TRUE(evidence.AddSuspect(5'000, "", ""));
  EXPECT_EQ(evidence.waiting(), RefusalEvidence::kMaxSuspects);
}

TEST(RefusalEvidence, AnEmptyOneHasSuspectsSentAloneAndProvesNothing) {
  RefusalEvidence evidence;
  for (queue::Sequence i = 1; i <= 7; ++i) evidence.AddSuspect(i, "", "");
  evidence.OnBatchRefused({8, 9}, false);
  evidence.Clear();
  EXPECT_FALSE(evidence.refusing());
  EXPECT_FALSE(evidence.HoldsWith(8));
  EXPECT_EQ(evidence.waiting(), 0u);
  EXPECT_EQ(evidence.NextToCheck(), 1u);
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_FALSE(evidence.IsProven(1));
  EXPECT_FALSE(evidence.IsProven(8));
  evidence.AddSuspect(1, "", "");
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_TRUE(evidence.IsProven(1));
}

TEST(RefusalEvidence, OneBatchAtATimeFromARefusalToTheNextSuccess) {
  RefusalEvidence evidence;
  EXPECT_FALSE(evidence.refusing());
  evidence.OnOtherRefusal();
  EXPECT_TRUE(evidence.refusing());
  evidence.OnDelivered(evidence.BeginPost());
  EXPECT_FALSE(evidence.refusing());
  evidence.AddSuspect(1, "", "");
  EXPECT_TRUE(evidence.refusing());
}

}  // namespace
}  // namespace segrid::deliver
