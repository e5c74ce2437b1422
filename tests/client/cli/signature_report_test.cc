#include "client/cli/signature_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/crypto/webhook_signer.h"

namespace segrid::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'600'112'502);

class SignatureReportTest : public ::testing::Test {
 protected:
  Post Signed(const std::string& timestamp = "1600112500") const {
    Post post;
    post.body = "[{}]";
    post.headers = {{"x-twilio-email-event-webhook-signature",
                     signer_.Sign(timestamp, post.body)},
                    {"X-Twilio-Email-Event-Webhook-Timestamp", timestamp}};
    return post;
  }
  SignatureReport Report(const Post& post) const {
    return ReportSignature(
        post, *crypto::EcdsaP256Key::Parse(signer_.PublicKey()), kNow);
  }

  const crypto::WebhookSigner signer_ = crypto::WebhookSigner::Generate();
};

TEST_F(SignatureReportTest, SaysThatItIsGoodAndHowOldItIs) {
  const SignatureReport report = Report(Signed());
  EXPECT_TRUE(report.good);
  EXPECT_EQ(report.text, "ok, made 2s ago");
  EXPECT_THAT(Report(Signed("1600112512")).text,
              HasSubstr("made 10s in the future"));
  EXPECT_THAT(Report(Signed("1600000000")).text, HasSubstr("replay_window"));
  EXPECT_EQ(Report(Signed("1600106514")).text, "ok, made 1h39m48s ago");
  EXPECT_THAT(Report(Signed("1600113201")).text, HasSubstr("replay_window"));
  EXPECT_TRUE(Report(Signed("soon")).good);
  EXPECT_THAT(Report(Signed("soon")).text, HasSubstr("no number of seconds"));
}

TEST_F(SignatureReportTest, SaysWhichHeaderIsMissing) {
  Post post = Signed();
  post.headers.pop_back();
  EXPECT_EQ(Report(post).text,
            "not signed: the header X-Twilio-Email-Event-Webhook-Timestamp is "
            "missing");
  post.headers.clear();
  EXPECT_EQ(Report(post).text,
            "not signed: the header X-Twilio-Email-Event-Webhook-Signature is "
            "missing, and the header X-Twilio-Email-Event-Webhook-Timestamp is "
            "missing");
  post = Signed();
  post.headers.push_back(post.headers.front());
  EXPECT_THAT(Report(post).text, HasSubstr("is there 2 times"));
  post = Signed();
  post.headers.front().second.clear();
  EXPECT_THAT(Report(post).text, HasSubstr("Signature is empty"));
}

TEST_F(SignatureReportTest, SaysThatAnotherKeySignedOrTheBodyWasChanged) {
  Post post = Signed();
  post.body.push_back(' ');
  EXPECT_FALSE(Report(post).good);
  EXPECT_THAT(Report(post).text, StartsWith("wrong: this key did not sign"));
  const auto other = crypto::WebhookSigner::Generate();
  const SignatureReport report = ReportSignature(
      Signed(), *crypto::EcdsaP256Key::Parse(other.PublicKey()), kNow);
  EXPECT_FALSE(report.good);
  EXPECT_THAT(report.text, StartsWith("wrong: this key did not sign"));
  post.headers.front().second.assign(1, '@');
  EXPECT_THAT(Report(post).text, HasSubstr("is no base64"));
}

TEST_F(SignatureReportTest, NeedsAKeyToSayMore) {
  const SignatureReport report = ReportSignature(Signed(), std::nullopt, kNow);
  EXPECT_FALSE(report.good);
  EXPECT_EQ(report.text, "signed, made 2s ago; with --key it would be checked");
}

}  // namespace
}  // namespace segrid::cli
