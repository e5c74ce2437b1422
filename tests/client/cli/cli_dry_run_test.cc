// `segrid dry-run` from outside.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "tests/client/certificates.h"
#include "tests/client/cli/program.h"
#include "tests/client/scratch_dir.h"
#include "tests/testing/scripted_server.h"

namespace segrid {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using tests::Lines;
using tests::Ran;

class SegridDryRun : public ::testing::Test {
 protected:
  // A configuration without doors; `more` stands at its end.
  std::string Config(const std::string& more) {
    return dir_.Write("segrid.yaml",
                      "data_dir: " + dir_.Path("data") +
                          "\ngrpc: {listen: [\"127.0.0.1:0\"]}\n"
                          "http: {listen: []}\nadmin: {listen: []}\n" +
                          more);
  }
  static std::string To(const std::string& url, const std::string& more = "") {
    return "sources:\n  - {name: prod, write_key: canarykey, endpoint: \"" +
           url + "\"" + more + "}\n";
  }
  Ran DryRun(const std::string& config, std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"dry-run", "--config", config, "--json"});
    const Ran ran = tests::RunSegrid(more);
    EXPECT_THAT(ran.out + ran.err, Not(HasSubstr("canary")));
    return ran;
  }
  // The line of a check.
  static std::string Line(const Ran& ran, const std::string& check) {
    for (const std::string& line : Lines(ran.out)) {
      if (line.find("{\"check\":\"" + check + "\"") == 0) return line;
    }
    return "none of " + ran.out + ran.err;
  }

  tests::ScratchDir dir_;
};

TEST_F(SegridDryRun, ShakesHandsButSendsNothing) {
  testing::ScriptedServer server;
  const std::string config =
      Config(To(server.url(), ", ca_file: \"" + server.ca_file() + "\""));
  const Ran ran = DryRun(config);
  EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  EXPECT_THAT(Line(ran, "config"), HasSubstr("\"result\":\"ok\""));
  EXPECT_THAT(Line(ran, "disk"), HasSubstr("\"result\":\"ok\""));
  EXPECT_THAT(Line(ran, "space"), HasSubstr(" free; queue.max_bytes is 10.0"));
  EXPECT_THAT(Line(ran, "listen"), HasSubstr("\"detail\":\"free\""));
  EXPECT_THAT(Line(ran, "write key"), HasSubstr("\"result\":\"ok\""));
  EXPECT_THAT(Line(ran, "posts to"),
              HasSubstr("\"result\":\"ok\",\"detail\":\"" + server.url() +
                        "/v1/batch\""));
  EXPECT_THAT(Line(ran, "dns"), ContainsRegex("localhost.*[0-9] address"));
  EXPECT_THAT(Line(ran, "tls"), HasSubstr("handshake done"));
  EXPECT_TRUE(server.seen().empty());
  // The client may be done before the server has noted it.
  const absl::Time end = absl::Now() + absl::Seconds(10);
  while (server.shaken() < 1 && absl::Now() < end) {
  }
  EXPECT_EQ(server.shaken(), 1);
  EXPECT_FALSE(std::filesystem::exists(dir_.Path("data")));
}

// The key goes into the path of the question, and nowhere else.
TEST_F(SegridDryRun, AsksSegmentWhetherItKnowsTheKey) {
  const struct {
    int status;
    const char* result;
    const char* says;
  } kCases[] = {
      {200, "ok", "well-formed, and Segment knows it"},
      {404, "warning", "Segment does not know it"},
      {403, "ok", "only events show"},
      {503, "ok", "only events show"},
  };
  for (const auto& test : kCases) {
    testing::ScriptedServer server([&](const testing::Seen&) {
      testing::Reply reply;
      reply.status = test.status;
      return reply;
    });
    const Ran ran = DryRun(Config(To(
        server.url(), ", ca_file: \"" + server.ca_file() +
                          "\", settings_endpoint: \"" + server.url() + "\"")));
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
    EXPECT_THAT(Line(ran, "write key"),
                HasSubstr(std::string("\"result\":\"") + test.result + "\""));
    EXPECT_THAT(Line(ran, "write key"), HasSubstr(test.says));
    ASSERT_EQ(server.seen().size(), 1u);
    EXPECT_EQ(server.seen()[0].method, "GET");
    EXPECT_EQ(server.seen()[0].target, "/v1/projects/canarykey/settings");
  }
}

TEST_F(SegridDryRun, DoesWithoutAnAnswerAboutTheKey) {
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor silent(
      io, {boost::asio::ip::address_v4::loopback(), 0});
  testing::ScriptedServer server;
  const Ran ran = DryRun(
      Config(To(server.url(),
                ", ca_file: \"" + server.ca_file() +
                    "\", settings_endpoint: \"https://127.0.0.1:" +
                    std::to_string(silent.local_endpoint().port()) + "\"")),
      {"--timeout", "300ms"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(Line(ran, "write key"), HasSubstr("\"result\":\"ok\""));
}

TEST_F(SegridDryRun, FailsForACertificateThatIsNotTrusted) {
  testing::ScriptedServer server;
  const Ran ran = DryRun(Config(To(server.url())));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(Line(ran, "tls"), HasSubstr("\"result\":\"failed\""));
  EXPECT_THAT(Line(ran, "tls"), HasSubstr("certificate verify failed"));
  EXPECT_THAT(ran.err, HasSubstr("1 of 10 checks failed"));
}

TEST_F(SegridDryRun, WarnsOfKeysInTheClear) {
  const Ran ran = DryRun(Config(To("http://nobody.invalid",
                                   ", allow_http: "
                                   "true")));
  EXPECT_THAT(Line(ran, "posts to"), HasSubstr("\"result\":\"warning\""));
  EXPECT_THAT(Line(ran, "posts to"),
              HasSubstr("http://nobody.invalid/v1/batch, in the clear"));
}

TEST_F(SegridDryRun, FailsForANameThatIsNotThere) {
  const Ran ran = DryRun(Config(To("https://nobody.invalid")));
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(Line(ran, "dns"), HasSubstr("\"result\":\"failed\""));
}

TEST_F(SegridDryRun, EndsAtItsTimeout) {
  // Connects, and says nothing for ever.
  boost::asio::io_context io;
  const boost::asio::ip::tcp::acceptor silent(
      io, {boost::asio::ip::address_v4::loopback(), 0});
  const std::string port = std::to_string(silent.local_endpoint().port());
  const Ran ran =
      DryRun(Config(To("https://127.0.0.1:" + port)), {"--timeout", "200ms"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(Line(ran, "tls"), HasSubstr("no answer within 200ms"));
  EXPECT_EQ(DryRun(Config(""), {"--timeout", "1h"}).code, 2);
}

TEST_F(SegridDryRun, SaysAllThatIsWrongWithTheConfiguration) {
  const Ran ran = DryRun(Config("sources:\n  - {name: Prod}\nunknown: 1\n"));
  EXPECT_EQ(ran.code, 1);
  EXPECT_GE(Lines(ran.out).size(), 2u);
  for (const std::string& line : Lines(ran.out)) {
    EXPECT_THAT(line, HasSubstr("\"result\":\"failed\""));
  }
}

TEST_F(SegridDryRun, LooksAtTheCertificatesOfTheDoors) {
  const tests::Certificate authority = tests::MakeAuthority();
  const tests::Certificate own = tests::MakeCertificate(authority, "localhost");
  const std::string cert = dir_.Write("cert.pem", own.cert);
  const auto with_key = [&](const std::string& key) {
    return DryRun(dir_.Write(
        "tls.yaml", "data_dir: " + dir_.Path("") +
                        "\ngrpc: {listen: [\"127.0.0.1:0\"], tls: {cert: \"" +
                        cert + "\", key: \"" + dir_.Write("key.pem", key) +
                        "\"}}\nhttp: {listen: []}\nadmin: {listen: []}\n"));
  };
  const Ran good = with_key(own.key);
  EXPECT_EQ(good.code, 0) << good.out;
  EXPECT_THAT(Line(good, "certificate"), HasSubstr("good until "));
  EXPECT_THAT(Line(good, "certificate"), HasSubstr("\"warning\""));  // A day.
  const Ran bad = with_key(authority.key);
  EXPECT_EQ(bad.code, 1);
  EXPECT_THAT(Line(bad, "certificate"), HasSubstr("\"failed\""));
}

TEST_F(SegridDryRun, SaysWhoHasThePlace) {
  std::filesystem::create_directories(dir_.Path("data/queue"));
  const std::string lock = dir_.Write("data/queue/lock", "4711\n");
  const int fd = open(lock.c_str(), O_RDWR);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  const Ran ran = DryRun(Config(""));
  close(fd);
  EXPECT_EQ(ran.code, 0) << ran.out;
  EXPECT_THAT(Line(ran, "queue"), HasSubstr("in use by the process 4711"));
  EXPECT_THAT(Line(ran, "webhook"), HasSubstr("takes unsigned bodies"));

  const std::string file = dir_.Write("file", "");
  const Ran no_place = DryRun(Config(""), {"--data-dir", file});
  EXPECT_EQ(no_place.code, 1);
  EXPECT_THAT(Line(no_place, "disk"), HasSubstr("is a file"));
}

TEST_F(SegridDryRun, PrintsATableForPeople) {
  const Ran ran =
      tests::RunSegrid({"dry-run", "--data-dir", dir_.Path("data")});
  EXPECT_THAT(Lines(ran.out).front(),
              ContainsRegex("^CHECK +WHAT +RESULT +DETAIL"));
  EXPECT_THAT(ran.out, ContainsRegex("config +defaults +ok"));
}

}  // namespace
}  // namespace segrid
