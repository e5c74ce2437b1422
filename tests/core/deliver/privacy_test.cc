// What people and programs see of delivery holds nobody's address and no
// secret, whatever the receiver answers.

#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"
#include "tests/core/deliver/simulated_delivery.h"

namespace segrid::deliver {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing::Reply;

constexpr char kAddress[] = "ada@example.com";
constexpr char kProxyAuth[] = "us3r:w0rd";

std::vector<std::string> Secrets() {
  return {
      kAddress,   kWriteKey, absl::Base64Escape(absl::StrCat(kWriteKey, ":")),
      kProxyAuth, "w0rd",    absl::Base64Escape(kProxyAuth)};
}

void ExpectClean(const std::string& text, const std::string& what) {
  for (const std::string& secret : Secrets()) {
    EXPECT_THAT(text, Not(HasSubstr(secret))) << what;
  }
}

// Answers that repeat all that they got.
std::vector<Reply> Replies() {
  const std::string all =
      absl::StrCat("you sent Authorization: Basic ",
                   absl::Base64Escape(absl::StrCat(kWriteKey, ":")),
                   " which is ", kWriteKey, " for ", kAddress);
  std::vector<Reply> replies;
  for (const int status : {200, 302, 400, 401, 404, 408, 413, 422, 429, 500}) {
    replies.push_back(
        {.status = status,
         .headers = {{"Location", "https://x/" + all}, {"Retry-After", all}},
         .body = all});
  }
  for (const auto kind : {Reply::Kind::kClose, Reply::Kind::kPartial,
                          Reply::Kind::kGarbage, Reply::Kind::kHang}) {
    replies.push_back({.kind = kind, .body = all});
  }
  return replies;
}

TEST(Privacy, StatusSaysNothingOfEventsOrSecrets) {
  for (const auto* name : {"segment", "jitsu"}) {
    for (const Reply& reply : Replies()) {
      SimulatedDelivery delivery;
      NotingServer server(delivery, [&](const Arrival&) { return reply; });
      delivery.Append(2, 0, absl::StrCat(",\"email\":\"", kAddress, "\""));
      delivery.AddSource(server, {.name = "prod"},
                         {.variant = receivers::segment::FindVariant(name),
                          .request_timeout = absl::Milliseconds(100)});
      delivery.Start();
      for (int i = 0; i < 3; ++i) {
        const SourceStatus status = delivery.status();
        const std::string what = absl::StrCat(name, " ", reply.status);
        ExpectClean(status.detail, what);
        ExpectClean(status.endpoint, what);
        delivery.executor.Advance(absl::Seconds(1));
      }
      // Dead letters hold the message, but no key.
      const auto page =
          delivery.queue.ListDeadLetters({.filter = {.lane = "prod"}});
      for (const auto& letter : page->dead_letters) {
        EXPECT_THAT(letter.answer, Not(HasSubstr(kWriteKey)));
        EXPECT_THAT(
            letter.answer,
            Not(HasSubstr(absl::Base64Escape(absl::StrCat(kWriteKey, ":")))));
      }
    }
  }
}

TEST(Privacy, RefusedSettingsAreNotRepeated) {
  const auto pool = *pool::ThreadPool::Create(1);
  base::SystemClock clock;
  const tests::ScratchDir scratch;
  const std::string secret_file = scratch.Write("file", kWriteKey);
  const std::vector<receivers::segment::SegmentOptions> bad = {
      {.endpoint = absl::StrCat("https://", kProxyAuth, "@host")},
      {.endpoint = absl::StrCat("https://host/?key=", kWriteKey)},
      {.endpoint = absl::StrCat("gopher://", kAddress)},
      {.proxy = {.proxy = absl::StrCat("http://", kProxyAuth, "@proxy:1")}},
      {.proxy = {.proxy = kWriteKey}},
      {.oauth = {.client_id = "c", .key = base::Secret(kWriteKey)}},
      {.signing_secret = base::Secret(kWriteKey)},
      {.tls = {.ca_file = secret_file}},
      {.tls = {.cert_file = secret_file, .key_file = secret_file}},
  };
  for (auto options : bad) {
    options.write_key = base::Secret(kWriteKey);
    options.proxy.proxy_auth = base::Secret(kProxyAuth);
    const auto refused =
        receivers::segment::SegmentReceiver::Create(options, pool->io(), clock);
    ASSERT_FALSE(refused.ok());
    ExpectClean(std::string(refused.status().message()), "options");
  }
}

}  // namespace
}  // namespace segrid::deliver
