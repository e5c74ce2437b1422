// `segrid listen` and `segrid webhook-sign`, which posts to it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "client/cli/post_listener.h"
#include "core/crypto/base64.h"
#include "core/crypto/ecdsa_p256.h"
#include "core/crypto/webhook_signer.h"
#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

const std::string kBody =
    R"([{"event":"open","email":"ada@example.com","timestamp":1591726752},)"
    "{\"event\":\"\xE2\x80\xAE\"},"
    R"({"event":"deferred","email":"ada@example.com","timestamp":1591726752}])";

class SegridListen : public ::testing::Test {
 protected:
  SegridListen() : port_(cli::PostListener::Open(0, {})->port()) {}

  // Runs it until `posts` are there, of which each is given by `send`.
  template <typename Send>
  Ran Listen(int posts, std::vector<std::string> more, const Send& send) {
    more.insert(more.begin(), {"listen", "--port", std::to_string(port_),
                               "--count", std::to_string(posts)});
    Ran listening;
    std::thread program([&] { listening = RunSegrid(more); });
    for (int i = 0; i < posts; ++i) {
      // Until it listens.
      for (int tries = 0; tries < 1'000 && send(i).code != 0; ++tries) {
      }
    }
    program.join();
    return listening;
  }
  std::string Url() const {
    return "http://127.0.0.1:" + std::to_string(port_) + "/v1/webhook";
  }

  const std::uint16_t port_;
  tests::ScratchDir dir_;
};

TEST_F(SegridListen, ShowsChecksAndSavesWhatIsPosted) {
  const std::string body = dir_.Write("body.json", kBody);
  const std::string key = dir_.Path("key.pem");
  const std::string other = dir_.Path("other.pem");
  ASSERT_EQ(RunSegrid({"webhook-sign", body, "--new-key", key}).code, 0);
  ASSERT_EQ(RunSegrid({"webhook-sign", body, "--new-key", other}).code, 0);
  const Ran ran =
      Listen(2, {"--key", key, "--save", dir_.Path("posts")}, [&](int index) {
        return RunSegrid({"webhook-sign", body, "--key",
                          index == 0 ? key : other, "--post", Url()});
      });
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("request           POST /v1/webhook, 153 bytes"));
  EXPECT_THAT(ran.out, HasSubstr("signature         ok, made "));
  EXPECT_THAT(ran.out,
              HasSubstr("signature         wrong: this key did not sign"));
  EXPECT_THAT(ran.out,
              HasSubstr("event 0           open: Track \"Email Opened\"\n"));
  EXPECT_THAT(ran.out, HasSubstr("event 1           \\u202e: no Track: "));
  EXPECT_THAT(ran.out,
              HasSubstr("makes             1 Track of 3 events; 2 skipped, "
                        "0 rejected"));
  EXPECT_THAT(ran.err,
              HasSubstr("2 posts, 6 events, 2 Tracks, 1 good signature, 0 "
                        "bodies that Segrid would refuse; 2 saved in "));
  int bodies = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(dir_.Path("posts"))) {
    if (entry.path().extension() != ".body") continue;
    ++bodies;
    std::ostringstream text;
    text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
    EXPECT_EQ(text.str(), kBody);
  }
  EXPECT_EQ(bodies, 2);
}

TEST_F(SegridListen, SaysWhatIsWrongWithABody) {
  const std::string key = dir_.Path("key.pem");
  const Ran ran = Listen(1, {"--json"}, [&](int) {
    std::filesystem::remove(key);
    return RunSegrid({"webhook-sign", "--new-key", key, "--post", Url()},
                     {.input = "email=ada%40example.com"});
  });
  ASSERT_THAT(Lines(ran.out), SizeIs(1));
  EXPECT_THAT(ran.out, HasSubstr("\"signature_good\":false"));
  EXPECT_THAT(ran.out, HasSubstr("with --key it would be checked"));
  EXPECT_THAT(ran.out, HasSubstr("\"readable\":false,\"events\":0"));
  EXPECT_THAT(ran.err, HasSubstr("1 body that Segrid would refuse"));
}

TEST_F(SegridListen, EndsAtCtrlCWithASum) {
  pid_t command = 0;
  absl::Notification started;
  Ran listening;
  std::thread program([&] {
    listening = RunSegrid({"listen", "--port", std::to_string(port_)},
                          {.started = [&](pid_t pid) {
                            command = pid;
                            started.Notify();
                          }});
  });
  started.WaitForNotification();
  const std::string key = dir_.Path("key.pem");
  ASSERT_EQ(
      RunSegrid({"webhook-sign", "--new-key", key}, {.input = kBody}).code, 0);
  int tries = 0;
  while (RunSegrid({"webhook-sign", "--key", key, "--post", Url()},
                   {.input = kBody})
             .code != 0) {
    ASSERT_LT(++tries, 1'000);
  }
  kill(command, SIGINT);
  program.join();
  EXPECT_EQ(listening.code, 0);
  EXPECT_THAT(listening.err, HasSubstr("1 post, 3 events, 1 Track, "));
}

TEST_F(SegridListen, RefusesWhatCannotWork) {
  EXPECT_THAT(RunSegrid({"listen", "--key", "nonsense"}).err,
              HasSubstr("--key "));
  const Ran no_port = RunSegrid({"listen", "--port", "70000"});
  EXPECT_EQ(no_port.code, 2);
  EXPECT_THAT(no_port.err, HasSubstr("must be a port, 0 to 65535"));
  EXPECT_THAT(RunSegrid({"listen", "--save", dir_.Write("file", "")}).err,
              HasSubstr("cannot be used"));
}

TEST(SegridWebhookSign, MakesWhatTheServersKeyAccepts) {
  const tests::ScratchDir dir;
  const std::string key = dir.Path("key.pem");
  const Ran ran = RunSegrid(
      {"webhook-sign", "--new-key", key, "--timestamp", "1600112502", "--json"},
      {.input = "[{}]"});
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto signer = crypto::WebhookSigner::Load(key);
  ASSERT_TRUE(signer.ok());
  EXPECT_THAT(ran.out,
              HasSubstr("\"public_key\":\"" + signer->PublicKey() + "\""));
  const std::string begin = "{\"signature\":\"";
  const std::string signature = ran.out.substr(
      begin.size(), ran.out.find('"', begin.size()) - begin.size());
  EXPECT_TRUE(crypto::EcdsaP256Key::Parse(signer->PublicKey())
                  ->Verify("1600112502", "[{}]",
                           crypto::DecodeBase64(signature).value_or("")));
}

TEST(SegridWebhookSign, PrintsHeadersAndACommand) {
  const tests::ScratchDir dir;
  const std::string body = dir.Write("it's.json", "[]");
  const Ran ran =
      RunSegrid({"webhook-sign", body, "--new-key", dir.Path("key.pem")});
  EXPECT_EQ(ran.code, 0) << ran.err;
  ASSERT_THAT(Lines(ran.out), SizeIs(2));
  EXPECT_THAT(Lines(ran.out)[0],
              HasSubstr("X-Twilio-Email-Event-Webhook-Signature: "));
  EXPECT_THAT(Lines(ran.out)[1],
              HasSubstr("X-Twilio-Email-Event-Webhook-Timestamp: "));
  EXPECT_THAT(ran.err, HasSubstr("public key, for public_keys"));
  EXPECT_THAT(ran.err, HasSubstr("it'\\''s.json' -H 'Content-Type"));
}

TEST(SegridWebhookSign, NeverWritesOverAKeyNorTakesWhatIsNone) {
  const tests::ScratchDir dir;
  const std::string key = dir.Write("key.pem", "mine");
  EXPECT_THAT(
      RunSegrid({"webhook-sign", "--new-key", key}, {.input = "[]"}).err,
      HasSubstr("is there already; --key "));
  EXPECT_THAT(RunSegrid({"webhook-sign", "--key", key}, {.input = "[]"}).err,
              HasSubstr("no PEM file of an EC private key"));
  EXPECT_THAT(RunSegrid({"webhook-sign", "--new-key", dir.Path("new"), "--post",
                         "127.0.0.1:8080"},
                        {.input = "[]"})
                  .err,
              HasSubstr("--post: must be a URL, such as http://127.0.0.1:8080"
                        "/v1/webhook"));
  EXPECT_EQ(RunSegrid({"webhook-sign"}, {.input = "[]"}).code, 2);
  EXPECT_EQ(RunSegrid({"webhook-sign", "--key", key, "--new-key", key}).code,
            2);
}

}  // namespace
}  // namespace segrid
