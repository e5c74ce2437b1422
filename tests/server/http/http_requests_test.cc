// Good requests, through real sockets.

#include <string>
#include <thread>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/echo_listener.h"
#include "tests/server/http/raw_client.h"

namespace segrid::testing {
namespace {

using ::testing::HasSubstr;

TEST(HttpRequests, AreAnsweredOnOneConnection) {
  EchoListener server;
  RawClient client(server.port());
  for (int i = 0; i < 3; ++i) {
    const auto hello = client.Ask(GetText("/hello"));
    ASSERT_TRUE(hello.has_value());
    EXPECT_EQ(hello->status, 200);
    EXPECT_EQ(hello->body, "hello");
    EXPECT_EQ(hello->headers.at("content-type"), "text/plain");
    EXPECT_EQ(hello->headers.at("connection"), "keep-alive");
    EXPECT_EQ(hello->headers.at("x-content-type-options"), "nosniff");
    EXPECT_THAT(hello->headers.at("date"), HasSubstr("GMT"));
  }
  EXPECT_EQ(server.listener().counts().accepted, 1);
  EXPECT_EQ(server.listener().counts().answers[200], 3);
}

TEST(HttpRequests, KeepTheirBodiesByteForByte) {
  EchoListener server;
  RawClient client(server.port());
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  for (const std::string& body :
       {std::string("[]"), std::string("{},\r\n{}\r\n"), all,
        std::string(100'000, 'x')}) {
    const auto answer = client.Ask(PostText("/echo?a=b", body));
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, body);
    EXPECT_EQ(answer->headers.at("x-query"), "a=b");
  }
}

TEST(HttpRequests, MayComeByteByByte) {
  EchoListener server;
  RawClient client(server.port());
  for (const char c : PostText("/echo", "abc\r\n")) {
    ASSERT_TRUE(client.Send(std::string(1, c)));
  }
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "abc\r\n");
}

TEST(HttpRequests, MayComeBeforeTheAnswerToTheLast) {
  EchoListener server;
  RawClient client(server.port());
  client.Send(PostText("/echo", "1") + PostText("/echo", "22") +
              GetText("/hello"));
  EXPECT_EQ(client.Read()->body, "1");
  EXPECT_EQ(client.Read()->body, "22");
  EXPECT_EQ(client.Read()->body, "hello");
}

TEST(HttpRequests, MayComeAfterAnEmptyLine) {
  EchoListener server;
  RawClient client(server.port());
  EXPECT_EQ(client.Ask("\r\n" + GetText("/hello"))->status, 200);
  EXPECT_EQ(client.Ask(PostText("/echo", "abc") + "\r\n")->status, 200);
  EXPECT_EQ(client.Ask(GetText("/hello"))->status, 200);
  EXPECT_EQ(server.listener().counts().accepted, 1);
}

TEST(HttpRequests, MayComeInChunks) {
  EchoListener server;
  RawClient client(server.port());
  const std::string head =
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_EQ(client.Ask(head + "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")->body,
            "abcde");
  EXPECT_EQ(client.Ask(head + "0\r\n\r\n")->body, "");
  EXPECT_EQ(client.Ask(GetText("/hello"))->body, "hello");
}

TEST(HttpRequests, MayNameTheWholeUrlAsForAProxy) {
  EchoListener server;
  RawClient client(server.port());
  for (const char* const target :
       {"http://t/hello", "HTTP://t:80/hello", "https://u@t/hello?a=/b"}) {
    EXPECT_EQ(client.Ask(GetText(target))->body, "hello") << target;
  }
}

TEST(HttpRequests, MayAskToGoOn) {
  EchoListener server;
  RawClient client(server.port());
  const std::string text = PostText("/echo", "abc", "Expect: 100-continue\r\n");
  client.Send(text.substr(0, text.size() - 3));
  EXPECT_EQ(client.Read()->status, 100);
  EXPECT_EQ(client.Ask("abc")->body, "abc");
  // Who does not wait is not told.
  EXPECT_EQ(client.Ask(text)->status, 200);
}

TEST(HttpRequests, AreToldToGoOnOnlyWhenTheHeadIsGood) {
  EchoListener server;
  for (const std::string& text :
       {PostText("/guarded", "", "Expect: 100-continue\r\n"),
        PostText("/guarded", "abc", "Expect: 100-continue\r\n"),
        PostText("/echo", std::string(200'000, 'x'),
                 "Expect: 100-continue\r\n")}) {
    RawClient client(server.port());
    const auto answer = client.Ask(text.substr(0, text.find("\r\n\r\n") + 4));
    ASSERT_TRUE(answer.has_value());
    EXPECT_THAT(answer->status, ::testing::AnyOf(401, 413));
  }
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(PostText("/echo", "abc", "Expect: tea\r\n"))->status,
            417);
}

TEST(HttpRequests, OfHeadAreAnsweredWithoutABody) {
  EchoListener server;
  RawClient client(server.port());
  client.Send("HEAD /hello HTTP/1.1\r\nHost: t\r\n\r\n");
  const auto answer = client.Read(/*with_body=*/false);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->headers.at("content-length"), "5");
  EXPECT_EQ(client.Ask(GetText("/hello"))->body, "hello");
}

TEST(HttpRequests, OfOldOrPoliteClientsEndTheConnection) {
  EchoListener server;
  RawClient old(server.port());
  EXPECT_EQ(old.Ask("GET /hello HTTP/1.0\r\n\r\n")->headers.at("connection"),
            "close");
  EXPECT_TRUE(old.IsClosed());
  RawClient polite(server.port());
  EXPECT_EQ(polite.Ask(GetText("/hello", "Connection: close\r\n"))->status,
            200);
  EXPECT_TRUE(polite.IsClosed());
}

TEST(HttpRequests, ComeThroughAUnixSocket) {
  const std::string path = ::testing::TempDir() + "segrid-http-test.sock";
  httpd::Options options = EchoListener::DefaultOptions();
  options.listen = {"unix:" + path, "127.0.0.1:0"};
  EchoListener server(options);
  EXPECT_EQ(RawClient(path).Ask(GetText("/hello"))->body, "hello");
  EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->body, "hello");
  EXPECT_EQ(server.listener().addresses()[0], "unix:" + path);
}

TEST(HttpRequests, AreFinishedBeforeTheListenerIsGone) {
  EchoListener server;
  RawClient idle(server.port());
  EXPECT_EQ(idle.Ask(GetText("/hello"))->status, 200);
  RawClient busy(server.port());
  busy.Send(PostText("/held", "abc"));
  ASSERT_TRUE(server.WaitForHeld(1));
  std::thread drain([&server] {
    EXPECT_TRUE(server.listener().Drain(absl::Now() + absl::Seconds(10)));
  });
  EXPECT_TRUE(idle.IsClosed());
  server.AnswerHeld();
  const auto answer = busy.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->headers.at("connection"), "close");
  EXPECT_TRUE(busy.IsClosed());
  drain.join();
  EXPECT_EQ(server.listener().counts().open, 0);
}

TEST(HttpRequests, AreCutWhenTheyOutlastTheDrain) {
  EchoListener server;
  RawClient busy(server.port());
  busy.Send(PostText("/held", "abc"));
  ASSERT_TRUE(server.WaitForHeld(1));
  EXPECT_FALSE(server.listener().Drain(absl::Now() + absl::Milliseconds(50)));
  EXPECT_TRUE(busy.IsClosed());
  server.AnswerHeld();
}

}  // namespace
}  // namespace segrid::testing
