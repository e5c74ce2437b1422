// `segrid webhook-key check`.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"
#include "tests/core/crypto/p256_signer.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using tests::Ran;
using tests::RunSegrid;

TEST(WebhookKey, IsReadableInEveryUsualForm) {
  const testing::P256Signer signer;
  for (const Ran& ran :
       {RunSegrid({"webhook-key", "check", signer.PublicKey()}),
        RunSegrid({"webhook-key", "check"}, {.input = signer.PublicKeyPem()}),
        RunSegrid({"webhook-key", "check", "--file", "-"},
                  {.input = signer.PublicKey() + "\r\n"})}) {
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, "OK: an ECDSA P-256 verification key\n");
    EXPECT_THAT(ran.err, IsEmpty());
  }
}

TEST(WebhookKey, IsReportedInJsonWhenAsked) {
  const testing::P256Signer signer;
  EXPECT_EQ(
      RunSegrid({"webhook-key", "check", signer.PublicKey(), "--json"}).out,
      "{\"result\":\"ok\",\"kind\":\"ECDSA P-256\"}\n");
}

TEST(WebhookKey, IsRefusedWithTheReasonAndNotShown) {
  const testing::P256Signer signer;
  const Ran bad = RunSegrid({"webhook-key", "check", "canary"});
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(bad.out, IsEmpty());
  EXPECT_THAT(bad.err, HasSubstr("segrid: the key is no verification key: it "
                                 "is not base64"));
  EXPECT_THAT(bad.err, Not(HasSubstr("canary")));
  const Ran secret =
      RunSegrid({"webhook-key", "check"}, {.input = signer.PrivateKeyPem()});
  EXPECT_EQ(secret.code, 1);
  EXPECT_THAT(secret.err, HasSubstr("this is a private key"));
  const tests::ScratchDir dir;
  const Ran path =
      RunSegrid({"webhook-key", "check", dir.Write("key.pem", "a key")});
  EXPECT_THAT(path.err, HasSubstr("put --file before its name"));
  EXPECT_EQ(RunSegrid({"webhook-key"}).code, 2);
  EXPECT_EQ(RunSegrid({"webhook-key", "check", "--file", "/nowhere"}).code, 1);
}

}  // namespace
}  // namespace segrid
