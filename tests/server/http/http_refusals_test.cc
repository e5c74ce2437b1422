// What strangers send, and what becomes of them.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/http/echo_listener.h"
#include "tests/server/http/raw_client.h"

namespace segrid::testing {
namespace {

using ::testing::HasSubstr;

std::string Headers(int count) {
  std::string headers;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&headers, "X-", i, ": y\r\n");
  }
  return headers;
}

// 20,000 bytes between the two.
std::string Long(std::string_view before, std::string_view after = "") {
  std::string text(before);
  text.append(20'000, 'x');
  return text.append(after);
}

struct Case {
  std::string name;
  std::string bytes;
  int status;
};

std::vector<Case> Cases() {
  const std::string chunked =
      "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n";
  return {
      {"NoHttp", "\x16\x03\x01 hello\r\n\r\n", 400},
      {"Http2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"Http12", "GET /hello HTTP/1.2\r\nHost: t\r\n\r\n", 505},
      {"Http09", "GET /hello HTTP/0.9\r\n\r\n", 505},
      {"TwoEmptyLines", "\r\n\r\n" + GetText("/hello"), 400},
      {"LineFeedsOnly", "GET /hello HTTP/1.1\nHost: t\n\n", 400},
      {"NoVersion", "GET /hello\r\n\r\n", 400},
      {"BadHeader", GetText("/hello", "no colon\r\n"), 400},
      {"SpaceBeforeColon", GetText("/hello", "A : b\r\n"), 400},
      {"ControlByte", GetText("/hello", "A: \x01\r\n"), 400},
      {"NoHost", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"TwoHosts", GetText("/hello", "Host: u\r\n"), 400},
      {"BadLength", PostText("/echo", "", "Content-Length: x\r\n"), 400},
      {"TwoLengths", PostText("/echo", "abc", "Content-Length: 4\r\n"), 400},
      {"NegativeLength",
       "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: -1\r\n\r\n", 400},
      {"LengthAndChunks",
       PostText("/echo", "0\r\n\r\n", "Transfer-Encoding: chunked\r\n"), 400},
      {"PackedChunks",
       "POST /echo HTTP/1.1\r\nHost: t\r\n"
       "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
       501},
      {"TwoCodings",
       "POST /echo HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: gzip\r\n"
       "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       501},
      {"PathOfAUrlOnly", "GET http://t HTTP/1.1\r\nHost: t\r\n\r\n", 404},
      {"BadChunk", chunked + "xyz\r\n", 400},
      {"ChunkLineFeeds", chunked + "2\n[]\n0\n\n", 400},
      {"ChunkTooLarge", chunked + "ffffff\r\n", 413},
      {"ChunkHuge", chunked + "ffffffffffffffff\r\n", 413},
      {"ChunkOverflows", chunked + "fffffffffffffffffff\r\n", 400},
      {"TooManyTrailers", chunked + "0\r\n" + Headers(65) + "\r\n", 431},
      {"EndlessTrailers", chunked + "0\r\n" + Headers(20'000), 431},
      {"EndlessExtension", chunked + "1;" + std::string(200'000, 'x'), 431},
      {"HeadTooLarge", GetText("/hello", Long("A: ", "\r\n")), 431},
      {"TargetTooLarge", GetText(Long("/")), 431},
      {"TooManyHeaders", GetText("/hello", Headers(65)), 431},
      {"BodyTooLarge", PostText("/echo", std::string(100'001, 'x')), 413},
      {"HugeLength",
       "POST /echo HTTP/1.1\r\nHost: t\r\nContent-Length: "
       "18446744073709551615\r\n\r\n",
       413},
      {"NoSuchPath", GetText("/nothing"), 404},
      {"PathIsNotNormalised", GetText("/./hello"), 404},
      {"NoMethod", PostText("/hello", "abc"), 405},
      {"StrangeMethod", "BREW /hello HTTP/1.1\r\nHost: t\r\n\r\n", 405},
      {"Guarded", PostText("/guarded", "abc"), 401},
  };
}

class HttpRefusals : public ::testing::TestWithParam<Case> {};

TEST_P(HttpRefusals, IsAnsweredAndTheListenerGoesOn) {
  EchoListener server;
  RawClient client(server.port());
  const auto answer = client.Ask(GetParam().bytes);
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, GetParam().status) << answer->body;
  EXPECT_THAT(answer->body, HasSubstr("{\"error\":\""));
  EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->status, 200);
}

INSTANTIATE_TEST_SUITE_P(All, HttpRefusals, ::testing::ValuesIn(Cases()),
                         [](const auto& each) { return each.param.name; });

TEST(HttpRefusal, NamesTheMethodsOfThePath) {
  EchoListener server;
  RawClient client(server.port());
  EXPECT_EQ(
      client.Ask("PUT /hello HTTP/1.1\r\nHost: t\r\n\r\n")->headers.at("allow"),
      "GET, HEAD");
  EXPECT_EQ(client.Ask(GetText("/echo"))->headers.at("allow"), "POST");
}

TEST(HttpRefusal, KeepsTheConnectionWhenNothingIsLeftToRead) {
  EchoListener server;
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(GetText("/nothing"))->status, 404);
  EXPECT_EQ(client.Ask(GetText("/hello"))->status, 200);
}

TEST(HttpRefusal, ReachesAPeerThatStillSends) {
  EchoListener server;
  RawClient client(server.port());
  const auto answer =
      client.Ask(PostText("/guarded", std::string(4 << 20, 'x')));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 401);
  EXPECT_EQ(answer->headers.at("connection"), "close");
  client.EndSending();
  EXPECT_TRUE(client.IsClosed());
}

TEST(HttpRefusal, EscapesWhatItSays) {
  EchoListener server;
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(PostText("/guarded", ""))->body,
            "{\"error\":\"NO_KEY\",\"message\":\"say \\\"1\\\"\"}\n");
}

TEST(HttpRefusal, SmallHeadsWithinTheLimitsPass) {
  EchoListener server;
  RawClient client(server.port());
  EXPECT_EQ(client.Ask(GetText("/hello", Headers(63)))->status, 200);
  EXPECT_EQ(client.Ask(GetText("/hello", std::string(15'000, 'A') + ": x\r\n"))
                ->status,
            200);
}

// Whatever comes, the process lives and serves on.
TEST(HttpRefusal, OfGarbageHarmsNobody) {
  EchoListener server;
  const std::string good = PostText("/echo", "abc", Headers(3));
  std::uint32_t random = 1;
  const auto next = [&random] {
    return random = random * 1'664'525 + 1'013'904'223;
  };
  for (int i = 0; i < 300; ++i) {
    std::string bytes = good;
    for (std::uint32_t n = next() % 4 + 1; n > 0; --n) {
      const std::size_t at = (next() >> 8) % bytes.size();
      switch ((next() >> 8) % 3) {
        case 0:
          bytes[at] = static_cast<char>(next() >> 16);
          break;
        case 1:
          bytes.erase(at, 1 + (next() >> 8) % 8);
          break;
        default:
          bytes.insert(at, bytes.substr((next() >> 8) % bytes.size(), 20));
      }
      if (bytes.empty()) bytes.push_back('x');
    }
    RawClient client(server.port());
    client.Send(bytes);
    client.EndSending();
    EXPECT_TRUE(client.ReadToEnd().has_value()) << i;
  }
  EXPECT_EQ(RawClient(server.port()).Ask(GetText("/hello"))->status, 200);
}

}  // namespace
}  // namespace segrid::testing
