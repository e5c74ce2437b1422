#include "server/rpc/admission.h"

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

class CountingCall final : public OpenCall {
 public:
  void EndForDrain() override { ++ended; }
  void Recheck() override { ++rechecked; }
  int ended = 0;
  int rechecked = 0;
};

TEST(Admission, GoesFromReadyOverDrainingToStopped) {
  Admission admission;
  EXPECT_TRUE(admission.ready());
  EXPECT_TRUE(admission.accepting());
  admission.StartDraining();
  EXPECT_FALSE(admission.ready());
  EXPECT_TRUE(admission.accepting());
  admission.StopAccepting();
  EXPECT_FALSE(admission.accepting());
}

TEST(Admission, EndsOpenCallsOnce) {
  Admission admission;
  const auto stays = std::make_shared<CountingCall>();
  const auto leaves = std::make_shared<CountingCall>();
  EXPECT_TRUE(admission.Enter(stays));
  EXPECT_TRUE(admission.Enter(leaves));
  admission.Leave(leaves);
  admission.StopAccepting();
  admission.StopAccepting();
  EXPECT_EQ(stays->ended, 1);
  EXPECT_EQ(leaves->ended, 0);
  admission.Leave(stays);  // It ends after it was told to.
  EXPECT_EQ(stays.use_count(), 1);
}

TEST(Admission, AsksOpenCallsWhetherTheirCallersMayGoOn) {
  Admission admission;
  const auto stays = std::make_shared<CountingCall>();
  const auto leaves = std::make_shared<CountingCall>();
  ASSERT_TRUE(admission.Enter(stays));
  ASSERT_TRUE(admission.Enter(leaves));
  admission.Leave(leaves);
  admission.RecheckOpenCalls();
  EXPECT_EQ(stays->rechecked, 1);
  EXPECT_EQ(leaves->rechecked, 0);
  EXPECT_EQ(stays->ended, 0);
}

TEST(Admission, LetsNobodyInAfterTheStop) {
  Admission admission;
  admission.StopAccepting();
  const auto late = std::make_shared<CountingCall>();
  EXPECT_FALSE(admission.Enter(late));
  EXPECT_EQ(late.use_count(), 1);
}

}  // namespace
}  // namespace segrid::rpc
