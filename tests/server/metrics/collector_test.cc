// Figures of a pipeline and its deliveries, added up.

#include "server/metrics/collector.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace segrid::metrics {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using transform::Reason;

TEST(EventCounts, CountEachEventOnceHoweverManySourcesThereAre) {
  const struct {
    std::vector<pipeline::Issue> issues;  // Of one event, and two sources.
    EventTotals want;
  } kRows[] = {
      {{}, {1, 1, 0, 0}},
      {{{0, Reason::kBadTimestamp, -1}}, {1, 0, 0, 1}},
      {{{0, Reason::kUnsupportedEvent, -1}}, {1, 0, 1, 0}},
      {{{0, Reason::kEventNotSelected, 0}}, {1, 1, 0, 0}},
      {{{0, Reason::kTooLarge, 1}}, {1, 1, 0, 0}},
      {{{0, Reason::kEventNotSelected, 0}, {0, Reason::kNotRouted, 1}},
       {1, 0, 1, 0}},
      {{{0, Reason::kEventNotSelected, 0}, {0, Reason::kTooLarge, 1}},
       {1, 0, 0, 1}},
  };
  for (const auto& row : kRows) {
    EventCounts counts;
    pipeline::ForwardResult result;
    result.events = 1;
    result.sources = {{"a"}, {"b"}};
    result.issues = row.issues;
    counts.OnForward(result);
    const EventTotals totals = counts.Totals();
    EXPECT_EQ(totals.received, row.want.received);
    EXPECT_EQ(totals.tracks, row.want.tracks);
    EXPECT_EQ(totals.skipped, row.want.skipped);
    EXPECT_EQ(totals.rejected, row.want.rejected);
  }
}

TEST(EventCounts, AddUpWhatBecameOfEvents) {
  EventCounts counts;
  counts.AddSource("a");
  counts.AddSource("b");
  counts.AddSource("a");
  pipeline::Counts batch;
  batch.events = 5;
  batch.tracks = 3;
  batch.skipped = 1;
  batch.rejected = 1;
  batch.field_coerced = 7;
  counts.OnTransform(
      "b", batch,
      {{0, Reason::kUnsupportedEvent, -1}, {3, Reason::kMissingEmail, -1}});
  counts.OnTransform(
      "", batch,
      {{0, Reason::kUnsupportedEvent, -1}, {3, Reason::kMissingEmail, -1}});
  pipeline::ForwardResult result;
  result.events = 4;
  result.field_dropped = 2;
  result.sources = {{"a", 1, 1, 1, 1}, {"b", 3, 0, 0, 1}};
  result.issues = {{0, Reason::kBadTimestamp, -1},
                   {1, Reason::kEventNotSelected, 0}};
  counts.OnForward(result);
  const EventTotals totals = counts.Totals();
  EXPECT_EQ(totals.received, 14);
  // The one that `a` skipped is a Track of `b`.
  EXPECT_EQ(totals.tracks, 3 + 3 + 3);
  EXPECT_EQ(totals.skipped, 1 + 1);
  EXPECT_EQ(totals.rejected, 1 + 1 + 1);
  Exposition out;
  counts.AddTo(out);
  const std::string text = out.Text();
  for (const char* line :
       {"segrid_batches_total{operation=\"transform\"} 2\n",
        "segrid_events_received_total{operation=\"forward\"} 4\n",
        "segrid_fields_coerced_total{operation=\"transform\"} 14\n",
        "segrid_fields_dropped_total{operation=\"forward\"} 2\n",
        "operation=\"transform\",source=\"b\",outcome=\"track\",reason=\"\"} "
        "3\n",
        "operation=\"transform\",source=\"\",outcome=\"rejected\","
        "reason=\"MISSING_EMAIL\"} 1\n",
        "operation=\"forward\",source=\"a\",outcome=\"track\",reason=\"\"} 2\n",
        "operation=\"forward\",source=\"a\",outcome=\"skipped\","
        "reason=\"EVENT_NOT_SELECTED\"} 1\n",
        "operation=\"forward\",source=\"b\",outcome=\"rejected\","
        "reason=\"BAD_TIMESTAMP\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("source=\"b\",outcome=\"skipped\","
                                  "reason=\"EVENT_NOT_SELECTED\"")));
}

// A receiver that answers at once what the test says.
class Answering final : public receivers::Receiver {
 public:
  explicit Answering(const receivers::SendResult& result) : result_(result) {}
  void Send(receivers::Batch, Done done) override { done(result_); }
  receivers::Limits limits() const override {
    return {.max_batch_messages = 7};
  }
  std::string endpoint() const override { return "there"; }

 private:
  const receivers::SendResult& result_;
};

TEST(DeliveryFigures, CountAnswersByVerdictAndCode) {
  testing::FakeClock clock;
  const auto figures = std::make_shared<DeliveryFigures>("a");
  receivers::SendResult result;
  const auto receiver =
      Metered(std::make_unique<Answering>(result), figures, clock);
  EXPECT_EQ(receiver->endpoint(), "there");
  EXPECT_EQ(receiver->limits().max_batch_messages, 7);
  int answered = 0;
  const auto send = [&](receivers::Verdict verdict, const char* detail,
                        std::int32_t retries) {
    result.verdict = verdict;
    result.detail = detail;
    receiver->Send({.retry_count = retries},
                   [&answered](const receivers::SendResult&) { ++answered; });
  };
  send(receivers::Verdict::kDelivered, "", 0);
  send(receivers::Verdict::kRetry, "HTTP 503: later", 1);
  send(receivers::Verdict::kRetry, "no connection to canary@example.com", 2);
  send(receivers::Verdict::kTooLarge, "HTTP 4x4", 0);
  result.changed_values = {{.reason = "max_columns", .count = 3}};
  send(receivers::Verdict::kDelivered, "", 0);
  EXPECT_EQ(answered, 5);
  Exposition out;
  figures->AddTo(out);
  const std::string text = out.Text();
  for (const char* line :
       {"{source=\"a\",verdict=\"delivered\",code=\"2xx\"} 2\n",
        "segrid_delivery_changed_values_total{source=\"a\","
        "reason=\"max_columns\"} 3\n",
        "{source=\"a\",verdict=\"retry\",code=\"503\"} 1\n",
        "{source=\"a\",verdict=\"retry\",code=\"error\"} 1\n",
        "{source=\"a\",verdict=\"too_large\",code=\"error\"} 1\n",
        "segrid_delivery_retried_total{source=\"a\"} 2\n",
        "segrid_delivery_request_seconds_count{source=\"a\"} 5\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, Not(HasSubstr("canary")));
}

TEST(CallMeter, NamesMethodsAndCodesAsUsual) {
  CallMeter meter;
  auto& figures =
      meter.FiguresOf("/segrid.v1.BridgeService/Transform", "unary");
  figures.started = 3;
  figures.handled[0] = 2;
  figures.handled[14] = 1;
  EXPECT_EQ(&meter.FiguresOf("/segrid.v1.BridgeService/Transform", "unary"),
            &figures);
  Exposition out;
  meter.AddTo(out);
  const std::string labels =
      "{grpc_type=\"unary\",grpc_service=\"segrid.v1.BridgeService\","
      "grpc_method=\"Transform\"";
  EXPECT_THAT(out.Text(),
              HasSubstr("grpc_server_started_total" + labels + "} 3\n"));
  EXPECT_THAT(out.Text(), HasSubstr("grpc_server_handled_total" + labels +
                                    ",grpc_code=\"OK\"} 2\n"));
  EXPECT_THAT(out.Text(), HasSubstr("grpc_server_handled_total" + labels +
                                    ",grpc_code=\"Unavailable\"} 1\n"));
  EXPECT_THAT(out.Text(), HasSubstr("grpc_server_handling_seconds_bucket" +
                                    labels + ",le=\"0.001\"} 0\n"));
}

TEST(CallMeter, CountsWhatAMethodTellsItself) {
  CallMeter meter;
  const auto observer = meter.MakeObserver("/a.Service/Method");
  observer(grpc::Status::OK, absl::Milliseconds(2));
  std::string heard;
  meter.SetOnError([&heard](const grpc::Status& status) {
    heard += status.error_message();
  });
  observer({grpc::StatusCode::UNAVAILABLE, "away"}, absl::Milliseconds(3));
  EXPECT_EQ(heard, "away");
  const CallMeter::MethodFigures& figures =
      meter.FiguresOf("/a.Service/Method", "unary");
  EXPECT_TRUE(figures.is_observed);
  EXPECT_EQ(figures.started, 2);
  EXPECT_EQ(figures.handled[0], 1);
  EXPECT_EQ(figures.handled[14], 1);
  EXPECT_EQ(figures.seconds.Figures().count(), 2);
}

TEST(Collector, TellsOfTheProcessAlone) {
  const std::string text = Collect({});
  EXPECT_THAT(text, HasSubstr("segrid_build_info{version=\"0.1.0\"} 1\n"));
  for (const char* name :
       {"process_start_time_seconds", "process_resident_memory_bytes",
        "process_virtual_memory_bytes", "process_open_fds", "process_max_fds",
        "process_threads"}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name + " "));
    EXPECT_THAT(text, Not(HasSubstr(std::string("\n") + name + " 0\n")));
  }
}

}  // namespace
}  // namespace segrid::metrics
