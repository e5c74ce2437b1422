#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"
#include "tests/server/testing/running_server.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::OpenEvents;
using testing::ReasonOf;
using testing::RunningServer;

class AdminServiceTest : public ::testing::Test {
 protected:
  // Forwards to the source `first` only.
  void Forward(int events, int first_id = 0) {
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(events, first_id));
    request.add_sources(std::string("first"));
    grpc::ClientContext context;
    api::ForwardResponse response;
    ASSERT_TRUE(server_.bridge().Forward(&context, request, &response).ok());
  }
  // Forwards and waits until the receiver's answer is in the books.
  void ForwardAndSettle(int events, int first_id = 0) {
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(events, first_id));
    request.add_sources(std::string("first"));
    request.set_wait(api::WAIT_DELIVERED);
    grpc::ClientContext context;
    api::ForwardResponse response;
    ASSERT_TRUE(server_.bridge().Forward(&context, request, &response).ok());
    ASSERT_EQ(response.pending_count(), 0);
  }
  // At most 5; one event more is delivered, as the proof against them.
  void MakeDeadLetters(int count) {
    server_.gate(0).Refuse("event-90");
    ForwardAndSettle(count + 1, 9'100 - count);
    server_.gate(0).Refuse("");
  }
  api::SourceStatus First() {
    grpc::ClientContext context;
    api::GetStatusResponse response;
    EXPECT_TRUE(server_.admin().GetStatus(&context, {}, &response).ok());
    return response.status().sources(0);
  }
  grpc::Status List(const api::ListDeadLettersRequest& request) {
    grpc::ClientContext context;
    list_ = {};
    return server_.admin().ListDeadLetters(&context, request, &list_);
  }
  static api::ListDeadLettersRequest OfFirst() {
    api::ListDeadLettersRequest request;
    request.mutable_filter()->set_source("first");
    return request;
  }

  RunningServer server_;
  api::ListDeadLettersResponse list_;
};

// A server whose source `first` has dead letters.
class WithDeadLetters {
 public:
  explicit WithDeadLetters(int count) {
    // One event more is delivered, as the proof against them.
    server_.gate(0).Refuse("event-90");
    api::ForwardRequest request;
    request.set_webhook_json(OpenEvents(count + 1, 9'100 - count));
    request.add_sources(std::string("first"));
    request.set_wait(api::WAIT_DELIVERED);
    grpc::ClientContext context;
    api::ForwardResponse response;
    EXPECT_TRUE(server_.bridge().Forward(&context, request, &response).ok());
    EXPECT_EQ(response.pending_count(), 0);
    // What is replayed stays pending.
    server_.gate(0).Close();
  }

  api::ListDeadLettersResponse List(const api::DeadLetterFilter& filter) {
    api::ListDeadLettersRequest request;
    *request.mutable_filter() = filter;
    grpc::ClientContext context;
    api::ListDeadLettersResponse response;
    status_ = server_.admin().ListDeadLetters(&context, request, &response);
    return response;
  }

  // How many `method` found; -1 and the status on an error.
  int Do(const std::string& method, const api::DeadLetterFilter& filter) {
    int count = 0;
    grpc::ClientContext context;
    if (method == "list") {
      count = List(filter).dead_letters_size();
    } else if (method == "replay") {
      api::ReplayDeadLettersRequest request;
      *request.mutable_filter() = filter;
      api::ReplayDeadLettersResponse response;
      status_ = server_.admin().ReplayDeadLetters(&context, request, &response);
      count = static_cast<int>(response.replayed_count());
    } else {
      api::PurgeDeadLettersRequest request;
      *request.mutable_filter() = filter;
      api::PurgeDeadLettersResponse response;
      status_ = server_.admin().PurgeDeadLetters(&context, request, &response);
      count = static_cast<int>(response.purged_count());
    }
    return status_.ok() ? count : -1;
  }
  const grpc::Status& status() const { return status_; }

 private:
  RunningServer server_;
  grpc::Status status_;
};

TEST_F(AdminServiceTest, ListsSourcesWithTheirSettings) {
  grpc::ClientContext context;
  api::ListSourcesResponse response;
  ASSERT_TRUE(server_.admin().ListSources(&context, {}, &response).ok());
  ASSERT_EQ(response.sources_size(), 2);
  const api::Source& first = response.sources(0);
  EXPECT_EQ(first.name(), "first");
  EXPECT_EQ(first.receiver(), "segment");
  EXPECT_EQ(first.endpoint(), "memory:gate");
  EXPECT_EQ(first.tag(), "a793");  // sha256sum of "first".
  EXPECT_EQ(first.events_size(), 11);
  EXPECT_EQ(first.email_types_size(), 3);
}

TEST_F(AdminServiceTest, ShowsTheLedger) {
  ForwardAndSettle(3);
  grpc::ClientContext context;
  api::GetStatusResponse response;
  ASSERT_TRUE(server_.admin().GetStatus(&context, {}, &response).ok());
  const api::ServerStatus& status = response.status();
  EXPECT_EQ(status.version(), "0.1.0");
  EXPECT_TRUE(status.ready());
  EXPECT_EQ(status.not_ready_reason(), "");
  EXPECT_GT(status.start_time().seconds(), 1'700'000'000);
  EXPECT_GE(status.status_time().seconds(), status.start_time().seconds());
  ASSERT_EQ(status.sources_size(), 2);
  EXPECT_EQ(status.sources(0).name(), "first");
  EXPECT_EQ(status.sources(0).state(), api::SOURCE_STATE_RUNNING);
  EXPECT_EQ(status.sources(0).accepted_count(), 3);
  EXPECT_EQ(status.sources(0).delivered_count(), 3);
  EXPECT_FALSE(status.sources(0).has_oldest_pending_time());
  EXPECT_EQ(status.sources(1).accepted_count(), 0);
}

TEST_F(AdminServiceTest, PausesAndResumesASource) {
  grpc::ClientContext pause;
  api::PauseSourceRequest request;
  request.set_source("first");
  api::PauseSourceResponse paused;
  ASSERT_TRUE(server_.admin().PauseSource(&pause, request, &paused).ok());
  Forward(2);
  EXPECT_EQ(First().state(), api::SOURCE_STATE_PAUSED);
  EXPECT_EQ(First().pending_count(), 2);
  EXPECT_TRUE(First().has_oldest_pending_time());
  grpc::ClientContext resume;
  api::ResumeSourceRequest again;
  again.set_source("first");
  api::ResumeSourceResponse resumed;
  ASSERT_TRUE(server_.admin().ResumeSource(&resume, again, &resumed).ok());
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(2));
  EXPECT_EQ(First().state(), api::SOURCE_STATE_RUNNING);
}

TEST_F(AdminServiceTest, KnowsOnlyTheSourcesOfTheConfiguration) {
  grpc::ClientContext pause;
  api::PauseSourceRequest request;
  request.set_source("nobody");
  api::PauseSourceResponse paused;
  const grpc::Status status =
      server_.admin().PauseSource(&pause, request, &paused);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(ReasonOf(status), "UNKNOWN_SOURCE");
  EXPECT_EQ(ReasonOf(List({})), "UNKNOWN_SOURCE");
}

// The call ends at once, although it waits for ever: nobody fixes the receiver.
TEST_F(AdminServiceTest, ShowsAHeldSourceWithItsLastAnswer) {
  server_.gate(0).SetVerdict(receivers::Verdict::kMisconfigured);
  api::ForwardRequest request;
  request.set_webhook_json(OpenEvents(2, 0));
  request.set_wait(api::WAIT_DELIVERED);
  grpc::ClientContext context;
  api::ForwardResponse response;
  ASSERT_TRUE(server_.bridge().Forward(&context, request, &response).ok());
  EXPECT_EQ(response.pending_count(), 2);
  EXPECT_EQ(response.delivered_count(), 2);
  ASSERT_EQ(response.sources_size(), 2);
  EXPECT_EQ(response.sources(0).state(), api::SOURCE_STATE_MISCONFIGURED);
  EXPECT_EQ(response.sources(1).state(), api::SOURCE_STATE_RUNNING);
  const api::SourceStatus status = First();
  EXPECT_EQ(status.state(), api::SOURCE_STATE_MISCONFIGURED);
  EXPECT_EQ(status.state_detail(), "HTTP 404");
  EXPECT_EQ(status.last_answer(), "HTTP 404 ?");
  EXPECT_EQ(status.overdue_count(), 0);
}

TEST_F(AdminServiceTest, PagesThroughDeadLetters) {
  MakeDeadLetters(5);
  api::ListDeadLettersRequest request = OfFirst();
  request.set_page_size(3);
  ASSERT_TRUE(List(request).ok());
  ASSERT_EQ(list_.dead_letters_size(), 3);
  const api::DeadLetter newest = list_.dead_letters(0);
  EXPECT_EQ(newest.source(), "first");
  EXPECT_EQ(newest.reason(), "BAD_MESSAGE");
  EXPECT_EQ(newest.answer(), "HTTP 404 ?");  // Its bytes were no UTF-8.
  EXPECT_GE(newest.attempt_count(), 2);
  EXPECT_EQ(newest.track_json(), "");
  EXPECT_GT(newest.id(), list_.dead_letters(2).id());
  request.set_page_token(list_.next_page_token());
  request.set_include_track_json(true);
  ASSERT_TRUE(List(request).ok());
  ASSERT_EQ(list_.dead_letters_size(), 2);
  EXPECT_NE(list_.dead_letters(0).track_json().find("ada@example.com"),
            std::string::npos);
  EXPECT_EQ(list_.next_page_token(), "");
}

TEST_F(AdminServiceTest, RefusesBadPagesAndFilters) {
  api::ListDeadLettersRequest request = OfFirst();
  request.set_page_size(1'001);
  EXPECT_EQ(ReasonOf(List(request)), "BAD_PAGE");
  request.set_include_track_json(true);
  EXPECT_EQ(ReasonOf(List(request)), "BAD_PAGE");
  request = OfFirst();
  request.set_page_token("made up");
  EXPECT_EQ(ReasonOf(List(request)), "BAD_PAGE");
  request = OfFirst();
  for (std::uint64_t i = 0; i <= 1'000; ++i) {
    request.mutable_filter()->add_ids(i);
  }
  EXPECT_EQ(ReasonOf(List(request)), "TOO_MANY_IDS");
}

TEST_F(AdminServiceTest, ReplaysAndPurgesDeadLetters) {
  MakeDeadLetters(3);
  ASSERT_TRUE(List(OfFirst()).ok());
  grpc::ClientContext replay;
  api::ReplayDeadLettersRequest replay_one;
  replay_one.mutable_filter()->set_source("first");
  replay_one.mutable_filter()->add_ids(list_.dead_letters(0).id());
  api::ReplayDeadLettersResponse replayed;
  ASSERT_TRUE(
      server_.admin().ReplayDeadLetters(&replay, replay_one, &replayed).ok());
  EXPECT_EQ(replayed.replayed_count(), 1);
  EXPECT_TRUE(server_.gate(0).WaitForDelivered(2));
  grpc::ClientContext purge;
  api::PurgeDeadLettersRequest purge_all;
  purge_all.mutable_filter()->set_source("first");
  api::PurgeDeadLettersResponse purged;
  ASSERT_TRUE(
      server_.admin().PurgeDeadLetters(&purge, purge_all, &purged).ok());
  EXPECT_EQ(purged.purged_count(), 2);
  EXPECT_EQ(First().dead_letter_count(), 0);
  EXPECT_EQ(First().expired_count(), 0);
  EXPECT_EQ(First().purged_count(), 2);
}

// A filter, and which of the three dead letters fit it.
struct FilterCase {
  const char* name;
  std::function<void(api::DeadLetterFilter&, const api::DeadLetter& newest)>
      set;
  int fits;
};

std::vector<FilterCase> FilterCases() {
  return {
      {"all", [](auto&, const auto&) {}, 3},
      {"its reason",
       [](auto& filter, const auto& one) { filter.set_reason(one.reason()); },
       3},
      {"another reason",
       [](auto& filter, const auto&) { filter.set_reason("EXPIRED"); }, 0},
      {"one id",
       [](auto& filter, const auto& one) { filter.add_ids(one.id()); }, 1},
      {"since the newest",
       [](auto& filter, const auto& one) {
         *filter.mutable_since() = one.dead_time();
       },
       -1},
      {"since 2096",
       [](auto& filter, const auto&) {
         filter.mutable_since()->set_seconds(4'000'000'000);
       },
       0},
      {"until 2096",
       [](auto& filter, const auto&) {
         filter.mutable_until()->set_seconds(4'000'000'000);
       },
       3},
      {"until 1970",
       [](auto& filter, const auto&) {
         filter.mutable_until()->set_seconds(1);
       },
       0},
      {"its id, but until 1970",
       [](auto& filter, const auto& one) {
         filter.add_ids(one.id());
         filter.mutable_until()->set_seconds(1);
       },
       0},
      {"its reason, but since 2096",
       [](auto& filter, const auto& one) {
         filter.set_reason(one.reason());
         filter.mutable_since()->set_seconds(4'000'000'000);
       },
       0},
  };
}

// How many dead letters fit: of those that List shows when asked for all.
int FittingCount(const FilterCase& filter,
                 const api::ListDeadLettersResponse& all) {
  if (filter.fits >= 0) return filter.fits;
  int count = 0;
  for (const api::DeadLetter& letter : all.dead_letters()) {
    count +=
        letter.dead_time().seconds() ==
            all.dead_letters(0).dead_time().seconds() &&
        letter.dead_time().nanos() == all.dead_letters(0).dead_time().nanos();
  }
  return count;
}

TEST(DeadLetterFilters, ListReplayAndPurgeLeaveWhatDoesNotFit) {
  for (const FilterCase& each : FilterCases()) {
    for (const char* const method : {"list", "replay", "purge"}) {
      SCOPED_TRACE(std::string(method) + " " + each.name);
      WithDeadLetters world(3);
      api::DeadLetterFilter filter;
      filter.set_source("first");
      const api::ListDeadLettersResponse all = world.List(filter);
      ASSERT_EQ(all.dead_letters_size(), 3);
      each.set(filter, all.dead_letters(0));
      const int fits = FittingCount(each, all);
      ASSERT_EQ(world.Do(method, filter), fits);
      api::DeadLetterFilter any;
      any.set_source("first");
      EXPECT_EQ(world.List(any).dead_letters_size(),
                std::string(method) == "list" ? 3 : 3 - fits);
    }
  }
}

TEST(DeadLetterFilters, ThatSelectNothingTheCallerMeantAreErrors) {
  struct Case {
    std::function<void(api::DeadLetterFilter&)> set;
    grpc::StatusCode code;
    const char* reason;
  };
  const Case cases[] = {
      {[](auto& filter) { filter.set_reason("refused"); },
       grpc::StatusCode::INVALID_ARGUMENT, "UNKNOWN_REASON"},
      {[](auto& filter) { filter.add_ids(4'711); }, grpc::StatusCode::NOT_FOUND,
       "UNKNOWN_DEAD_LETTER"},
      // Also when another one is there.
      {[](auto& filter) {
         filter.add_ids(1);
         filter.add_ids(4'711);
       },
       grpc::StatusCode::NOT_FOUND, "UNKNOWN_DEAD_LETTER"},
      {[](auto& filter) { filter.mutable_since()->set_nanos(-1); },
       grpc::StatusCode::INVALID_ARGUMENT, "BAD_TIME"},
      {[](auto& filter) {
         filter.mutable_until()->set_seconds(1'000'000'000'000);
       },
       grpc::StatusCode::INVALID_ARGUMENT, "BAD_TIME"},
      {[](auto& filter) {
         filter.mutable_since()->set_seconds(2);
         filter.mutable_until()->set_seconds(2);
       },
       grpc::StatusCode::INVALID_ARGUMENT, "BAD_TIME"},
      {[](auto& filter) {
         filter.GetReflection()->MutableUnknownFields(&filter)->AddVarint(99,
                                                                          1);
       },
       grpc::StatusCode::INVALID_ARGUMENT, "UNKNOWN_FILTER"},
      {[](auto& filter) { filter.set_source("nobody"); },
       grpc::StatusCode::NOT_FOUND, "UNKNOWN_SOURCE"},
  };
  WithDeadLetters world(3);
  for (const Case& each : cases) {
    for (const char* const method : {"list", "replay", "purge"}) {
      SCOPED_TRACE(std::string(method) + " " + each.reason);
      api::DeadLetterFilter filter;
      filter.set_source("first");
      each.set(filter);
      EXPECT_EQ(world.Do(method, filter), -1);
      EXPECT_EQ(world.status().error_code(), each.code);
      EXPECT_EQ(ReasonOf(world.status()), each.reason);
      api::DeadLetterFilter any;
      any.set_source("first");
      EXPECT_EQ(world.List(any).dead_letters_size(), 3);
    }
  }
}

TEST_F(AdminServiceTest, WatchesUntilTheCallerCancels) {
  grpc::ClientContext context;
  api::WatchStatusRequest request;
  request.mutable_interval()->set_nanos(100'000'000);
  auto watch = server_.admin().WatchStatus(&context, request);
  api::WatchStatusResponse answer;
  ASSERT_TRUE(watch->Read(&answer));
  const auto first = answer.status().status_time();
  Forward(1);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(watch->Read(&answer));
  EXPECT_EQ(answer.status().sources(0).accepted_count(), 1);
  const double seconds =
      static_cast<double>(answer.status().status_time().seconds() -
                          first.seconds()) +
      1e-9 * (answer.status().status_time().nanos() - first.nanos());
  EXPECT_GE(seconds, 0.2);
  context.TryCancel();
  while (watch->Read(&answer)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::CANCELLED);
}

TEST_F(AdminServiceTest, RefusesABadInterval) {
  for (const int nanos : {0, 99'999'999, -1}) {
    grpc::ClientContext context;
    api::WatchStatusRequest request;
    request.mutable_interval()->set_nanos(nanos);
    auto watch = server_.admin().WatchStatus(&context, request);
    api::WatchStatusResponse answer;
    EXPECT_FALSE(watch->Read(&answer));
    EXPECT_EQ(ReasonOf(watch->Finish()), "BAD_INTERVAL");
  }
}

TEST_F(AdminServiceTest, ReloadsNothingInsideAnotherProgram) {
  grpc::ClientContext context;
  api::ReloadConfigResponse response;
  EXPECT_EQ(ReasonOf(server_.admin().ReloadConfig(&context, {}, &response)),
            "NO_RELOAD");
}

TEST_F(AdminServiceTest, DrainDoesWhatTheSignalDoes) {
  grpc::ClientContext context;
  api::DrainResponse response;
  ASSERT_TRUE(server_.admin().Drain(&context, {}, &response).ok());
  server_.application().WaitForStop();  // Returns.
  server_.application().Drain([] { FAIL() << "stuck"; });
}

}  // namespace
}  // namespace segrid::rpc
