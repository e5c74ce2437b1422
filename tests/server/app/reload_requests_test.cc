#include "server/app/reload_requests.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gtest/gtest.h"

namespace segrid::app {
namespace {

TEST(ReloadRequests, GiveEachKindOnce) {
  ReloadRequests requests;
  requests.Reload();
  requests.Reload();
  requests.LookForChanges();
  requests.Ask({{"a"}, [](const auto&) {}});
  requests.Ask({{"b"}, [](const auto&) {}});
  ReloadRequests::Work work;
  ASSERT_TRUE(requests.Take(work));
  EXPECT_TRUE(work.reload);
  EXPECT_TRUE(work.look);
  ASSERT_EQ(work.operators.size(), 2u);
  EXPECT_EQ(work.operators[1].allow_removal, std::vector<std::string>({"b"}));
  requests.LookForChanges();
  ASSERT_TRUE(requests.Take(work));
  EXPECT_FALSE(work.reload);
  EXPECT_TRUE(work.operators.empty());
}

TEST(ReloadRequests, AnswerEverybodyWhenTheyAreClosed) {
  std::vector<std::string> reasons;
  const auto note = [&reasons](const absl::StatusOr<ReloadResult>& result) {
    reasons.push_back(base::ReasonOf(result.status()));
  };
  ReloadRequests requests;
  requests.Ask({{}, note});
  EXPECT_TRUE(reasons.empty());
  requests.Close();
  EXPECT_EQ(reasons, std::vector<std::string>({"DRAINING"}));
  requests.Ask({{}, note});
  EXPECT_EQ(reasons.size(), 2u);
  ReloadRequests::Work work;
  EXPECT_FALSE(requests.Take(work));
  EXPECT_FALSE(requests.Wait(absl::InfiniteDuration()));
}

TEST(ReloadRequests, TellOneTooManyToComeLater) {
  std::string reason;
  ReloadRequests requests;
  for (std::size_t i = 0; i < ReloadRequests::kMaxOperators; ++i) {
    requests.Ask({{}, [](const auto&) {}});
  }
  requests.Ask({{}, [&reason](const absl::StatusOr<ReloadResult>& result) {
                  reason = base::ReasonOf(result.status());
                }});
  EXPECT_EQ(reason, "BUSY");
}

}  // namespace
}  // namespace segrid::app
