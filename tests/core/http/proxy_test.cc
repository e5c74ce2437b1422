// Requests through a proxy, and with a certificate of our own.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/client/scratch_dir.h"
#include "tests/core/http/caller.h"
#include "tests/core/http/scripted_proxy.h"

namespace segrid::http {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ScriptedProxy;
using testing::ScriptedServer;
using testing::Seen;

// Lets `options` go through `proxy`.
std::function<void(ClientOptions&)> Through(ScriptedProxy& proxy,
                                            const std::string& auth = "") {
  const std::string url = absl::StrCat("http://127.0.0.1:", proxy.port());
  return [url, auth](ClientOptions& options) {
    options.proxy = ParseProxy(url).value();
    options.proxy_auth = base::Secret(auth);
  };
}

std::string PortOf(const ScriptedServer& server) {
  return ParseEndpoint(server.url(), true)->port;
}

TEST(Proxy, IsNamedWhenItIsNotThere) {
  ScriptedServer server;
  Caller caller(server, "localhost", [](ClientOptions& options) {
    options.proxy = ParseProxy("http://127.0.0.1:1").value();
  });
  const auto response = caller.Post();
  EXPECT_EQ(base::ReasonOf(response.status()), "CONNECT_FAILED");
  EXPECT_THAT(std::string(response.status().message()),
              HasSubstr("by the proxy 127.0.0.1:1: TCP"));
}

TEST(Proxy, LeadsToTheEndpointWhichIsVerified) {
  ScriptedServer server;
  ScriptedProxy proxy(PortOf(server));
  Caller caller(server, "localhost", Through(proxy));
  const std::string body(200'000, 'x');
  EXPECT_TRUE(caller.Post(body).ok());
  EXPECT_TRUE(caller.Post().ok());
  const std::string target = absl::StrCat("localhost:", PortOf(server));
  EXPECT_THAT(proxy.seen(), ElementsAre(absl::StrCat(
                                "CONNECT ", target,
                                " HTTP/1.1\r\nHost: ", target, "\r\n\r\n")));
  const std::vector<Seen> seen = server.seen();
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].body, body);
  EXPECT_EQ(seen[0].server_name, "localhost");
  EXPECT_EQ(seen[0].target, "/v1/batch");
  EXPECT_EQ(seen[1].connection, 1) << "kept alive through the proxy";

  ScriptedServer impostor;
  ScriptedProxy liar(PortOf(impostor));
  Caller deceived(server, "localhost", Through(liar));
  EXPECT_EQ(deceived.ReasonOfPost(), "CONNECT_FAILED");
  EXPECT_TRUE(impostor.seen().empty());
}

TEST(Proxy, IsAskedForNamesThatOnlyItKnows) {
  ScriptedServer server([](const Seen&) { return testing::Reply(); },
                        {.certificate_name = "only.the.proxy.invalid"});
  ScriptedProxy proxy(PortOf(server));
  Caller caller(server, "only.the.proxy.invalid", Through(proxy));
  EXPECT_TRUE(caller.Post().ok());
}

TEST(Proxy, IsToldItsUser) {
  ScriptedServer server;
  ScriptedProxy proxy(PortOf(server));
  Caller caller(server, "localhost", Through(proxy, "user:word"));
  EXPECT_TRUE(caller.Post().ok());
  EXPECT_THAT(proxy.seen().at(0),
              HasSubstr("Proxy-Authorization: Basic dXNlcjp3b3Jk\r\n"));
  EXPECT_EQ(server.seen().at(0).Header("proxy-authorization"), "");
}

TEST(Proxy, ThatSaysNoIsAFailureToConnect) {
  ScriptedServer server;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"HTTP/1.1 407 No\r\nContent-Length: 3", "proxy_auth"},
      {"HTTP/1.1 403 No", "403"},
      {"HTTP/1.1 302 Go\r\nLocation: http://elsewhere", "302"},
      {"SMTP ready", "proxy"},
  };
  for (const auto& [answer, words] : cases) {
    ScriptedProxy proxy(PortOf(server), answer);
    Caller caller(server, "localhost", Through(proxy, "user:word"));
    const auto refused = caller.Post();
    EXPECT_EQ(base::ReasonOf(refused.status()), "CONNECT_FAILED");
    const std::string message(refused.status().message());
    EXPECT_THAT(message, HasSubstr("proxy: "));
    EXPECT_THAT(message, HasSubstr(words));
    EXPECT_THAT(message, Not(HasSubstr("user")));
  }
  EXPECT_TRUE(server.seen().empty());
}

TEST(Proxy, ThatSendsMoreThanItsAnswerIsNotTrusted) {
  ScriptedServer server;
  for (const std::string behind :
       {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", "x"}) {
    ScriptedProxy proxy(PortOf(server),
                        absl::StrCat("HTTP/1.1 200 OK\r\n\r\n", behind));
    Caller caller(server, "localhost", Through(proxy));
    const auto response = caller.Post();
    EXPECT_EQ(base::ReasonOf(response.status()), "CONNECT_FAILED");
    EXPECT_THAT(std::string(response.status().message()),
                HasSubstr("bytes behind its answer to CONNECT"));
  }
  EXPECT_TRUE(server.seen().empty());
}

TEST(Proxy, MayAnswerInTheInterimEightTimes) {
  ScriptedServer server;
  for (const int count : {1, 8, 9}) {
    std::string answer;
    for (int i = 0; i < count; ++i) answer += "HTTP/1.1 100 Wait\r\n\r\n";
    ScriptedProxy proxy(PortOf(server), answer + "HTTP/1.1 200 OK");
    Caller caller(server, "localhost", Through(proxy));
    EXPECT_EQ(caller.ReasonOfPost(), count > 8 ? "CONNECT_FAILED" : "");
  }
}

TEST(ClientCertificate, IsShownWhereItIsAskedFor) {
  const auto authority = tests::MakeAuthority();
  const auto mine = tests::MakeCertificate(authority, "segrid");
  const tests::ScratchDir scratch;
  const std::string cert = scratch.Write("cert.pem", mine.cert);
  const std::string key = scratch.Write("key.pem", mine.key);
  ScriptedServer server([](const Seen&) { return testing::Reply(); },
                        {.client_ca = authority.cert});
  Caller known(server, "localhost", [&](ClientOptions& options) {
    options.tls =
        tls::MakeClientContext(
            {.ca_file = server.ca_file(), .cert_file = cert, .key_file = key})
            .value();
  });
  EXPECT_TRUE(known.Post().ok());
  Caller unknown(server);
  EXPECT_FALSE(unknown.Post().ok());
  EXPECT_EQ(server.seen().size(), 1u);
}

}  // namespace
}  // namespace segrid::http
