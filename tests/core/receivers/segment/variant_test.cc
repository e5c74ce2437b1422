// The receivers with Segment's API: how they differ, and that this is all.

#include "core/receivers/segment/variant.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/error_info.h"
#include "core/pool/thread_pool.h"
#include "core/receivers/segment/segment_receiver.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/receivers/segment/sending.h"
#include "tests/testing/gunzip.h"
#include "tests/testing/scripted_server.h"

namespace segrid::receivers::segment {
namespace {

using testing::Reply;
using testing::ScriptedServer;
using testing::Seen;

class VariantTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<SegmentReceiver>> Create(
      std::string_view name, const std::string& region,
      const std::string& endpoint = "") {
    return SegmentReceiver::Create({.variant = FindVariant(name),
                                    .region = region,
                                    .endpoint = endpoint,
                                    .write_key = base::Secret("id:word")},
                                   pool_->io(), clock_);
  }

  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(2);
};

TEST_F(VariantTest, HaveTheirAddresses) {
  struct Case {
    std::string_view name;
    std::string region;
    std::string url;  // "" = BAD_REGION.
  };
  const std::vector<Case> cases = {
      {"segment", "us", "https://api.segment.io/v1/batch"},
      {"segment", "eu", "https://events.eu1.segmentapis.com/v1/batch"},
      {"hightouch", "us", "https://us-east-1.hightouch-events.com/v1/batch"},
      {"hightouch", "eu", ""},
      {"customerio", "us", "https://cdp.customer.io/v1/batch"},
      {"customerio", "eu", "https://cdp-eu.customer.io/v1/batch"},
      {"rudderstack", "us", ""},
      {"jitsu", "us", ""},
  };
  for (const Case& c : cases) {
    const auto receiver = Create(c.name, c.region);
    if (c.url.empty()) {
      EXPECT_EQ(base::ReasonOf(receiver.status()), "BAD_REGION") << c.name;
    } else {
      EXPECT_EQ((*receiver)->endpoint(), c.url);
    }
  }
  EXPECT_EQ((*Create("rudderstack", "", "https://plane.example/"))->endpoint(),
            "https://plane.example/v1/batch");
}

TEST_F(VariantTest, StayBelowTheirLimits) {
  struct Case {
    std::string_view name;
    std::int64_t max_body_bytes;
  };
  for (const auto& [name, max_body_bytes] :
       {Case{"segment", 475'000}, Case{"jitsu", 475'000},
        Case{"hightouch", 475'000}, Case{"customerio", 475'000},
        Case{"rudderstack", 4'000'000}}) {
    const Limits& limits = FindVariant(name)->limits;
    EXPECT_LE(limits.max_batch_bytes + 64, max_body_bytes) << name;
    EXPECT_LE(limits.max_batch_messages, 2'500) << name;
    EXPECT_EQ(limits.max_message_bytes, 32'000) << name;
  }
}

TEST_F(VariantTest, AllButHttpSendAsSegmentDoes) {
  for (const Variant& variant : kVariants) {
    if (variant.is_exact_url) continue;
    ScriptedServer server(
        [](const Seen&) { return Reply{.body = R"({"ok":true})"}; });
    const auto receiver =
        SegmentReceiver::Create({.variant = &variant,
                                 .endpoint = server.url(),
                                 .write_key = base::Secret("id:word"),
                                 .tls = {.ca_file = server.ca_file()}},
                                pool_->io(), clock_)
            .value();
    EXPECT_EQ(SendAndWait(*receiver, {.tracks = {"{}"}, .ids = {"m"}}).verdict,
              Verdict::kDelivered);
    const Seen seen = server.seen().at(0);
    EXPECT_EQ(seen.target, "/v1/batch");
    EXPECT_EQ(seen.Header("authorization"), "Basic aWQ6d29yZDo=");
    EXPECT_THAT(testing::Gunzip(seen.body),
                ::testing::StartsWith(R"({"batch":[{}],"sentAt":")"));
  }
}

TEST_F(VariantTest, JitsuAloneIsAskedWhatItTook) {
  Reply reply{.body = R"({"ok":false,"errors":["Message ID: m2: no"]})"};
  ScriptedServer server([&reply](const Seen&) { return reply; });
  for (const Variant& variant : kVariants) {
    const auto receiver =
        SegmentReceiver::Create({.variant = &variant,
                                 .endpoint = server.url(),
                                 .tls = {.ca_file = server.ca_file()}},
                                pool_->io(), clock_)
            .value();
    const SendResult result =
        SendAndWait(*receiver, {.tracks = {"{}", "{}"}, .ids = {"m1", "m2"}});
    EXPECT_EQ(result.verdict, Verdict::kDelivered);
    EXPECT_EQ(result.refusals.size(), variant.name == "jitsu" ? 1u : 0u);
  }
}

TEST_F(VariantTest, RudderstackAloneIsToldTheOriginalTimestamp) {
  for (const Variant& variant : kVariants) {
    EXPECT_EQ(variant.original_timestamp, variant.name == "rudderstack");
    EXPECT_EQ(variant.web_pages, variant.name == "http"
                                     ? WebPages::kAreTaken
                                     : WebPages::kHoldTheSource);
    EXPECT_EQ(variant.is_exact_url, variant.name == "http");
  }
}

TEST_F(VariantTest, JitsusAnswerMayBeLong) {
  std::string errors;
  std::vector<std::string> ids;
  for (int i = 0; i < 2'500; ++i) {
    ids.push_back("message-" + std::to_string(i));
    errors +=
        (i == 0 ? "\"" : ",\"") + ids.back() + std::string(100, ' ') + "no\"";
  }
  ScriptedServer server([&](const Seen&) {
    return Reply{.body = R"({"ok":false,"errors":[)" + errors + "]}"};
  });
  const auto receiver =
      SegmentReceiver::Create({.variant = FindVariant("jitsu"),
                               .endpoint = server.url(),
                               .tls = {.ca_file = server.ca_file()}},
                              pool_->io(), clock_)
          .value();
  Batch batch;
  for (const std::string& id : ids) {
    batch.tracks.push_back("{}");
    batch.ids.push_back(id);
  }
  EXPECT_EQ(SendAndWait(*receiver, std::move(batch)).refusals.size(), 2'500u);
}

}  // namespace
}  // namespace segrid::receivers::segment
