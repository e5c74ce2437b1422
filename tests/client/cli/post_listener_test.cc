#include "client/cli/post_listener.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>
#include <vector>

namespace segrid::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Sends bytes and gives all that comes back until the peer closes or, with
// `until`, that is in it.
std::string Exchange(std::uint16_t port, const std::string& bytes,
                     const std::string& until = "") {
  const int peer = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(peer, reinterpret_cast<sockaddr*>(&address), sizeof address) ==
      0) {
    send(peer, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    std::string block(4'096, '\0');
    while (until.empty() || answer.find(until) == std::string::npos) {
      const ssize_t got = recv(peer, block.data(), block.size(), 0);
      if (got <= 0) break;
      answer.append(block, 0, static_cast<std::size_t>(got));
    }
  }
  close(peer);
  return answer;
}

std::string PostOf(const std::string& body, const std::string& headers = "") {
  return "POST /any/path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" +
         headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

class PostListenerTest : public ::testing::Test {
 protected:
  PostListenerTest() {
    auto opened = PostListener::Open(0, {.max_body_bytes = 100});
    EXPECT_TRUE(opened.ok());
    listener_.emplace(*std::move(opened));
    thread_ = std::thread([this] {
      listener_->Run(stop_.get_token(), [this](const Post& post) {
        posts_.push_back(post);
        return PostAnswer{.body = "thanks\n",
                          .is_last = post.body == "the last"};
      });
    });
  }
  ~PostListenerTest() override {
    if (thread_.joinable()) Stop();
  }
  void Stop() {
    stop_.request_stop();
    thread_.join();
  }
  std::string Send(const std::string& bytes) {
    return Exchange(listener_->port(), bytes);
  }

  std::optional<PostListener> listener_;
  std::stop_source stop_;
  std::vector<Post> posts_;
  std::thread thread_;
};

TEST_F(PostListenerTest, GivesPostsByteForByte) {
  const std::string body("\0\xff\r\n{", 5);
  EXPECT_THAT(Send(PostOf(body, "X-Twice: 1\r\nx-twice:  2\r\n")),
              StartsWith("HTTP/1.1 200"));
  Stop();
  ASSERT_THAT(posts_, SizeIs(1));
  EXPECT_EQ(posts_[0].body, body);
  EXPECT_EQ(posts_[0].method, "POST");
  EXPECT_EQ(posts_[0].target, "/any/path");
  EXPECT_EQ(posts_[0].CountOf("X-TWICE"), 2u);
  EXPECT_EQ(posts_[0].Header("x-twice"), std::nullopt);
  EXPECT_EQ(posts_[0].Header("host"), "x");
  EXPECT_THAT(posts_[0].peer, StartsWith("127.0.0.1:"));
}

TEST_F(PostListenerTest, AnswersWhatItDoesNotTake) {
  EXPECT_THAT(Send(PostOf(std::string(101, 'x'))), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(Send("nonsense\r\n\r\n"), StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(Send(PostOf("[]", "Origin: http://evil.example\r\n")),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Send(PostOf("[]", "Sec-Fetch-Site: cross-site\r\n")),
              StartsWith("HTTP/1.1 403"));
  EXPECT_THAT(Send(PostOf("[]")), HasSubstr("thanks"));
  Stop();
  EXPECT_THAT(posts_, SizeIs(1));
}

TEST_F(PostListenerTest, TakesChunksAndTellsCurlToGoOn) {
  EXPECT_THAT(Send("POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                   "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"
                   "2\r\n[]\r\n0\r\n\r\n"),
              StartsWith("HTTP/1.1 100"));
  Stop();
  ASSERT_THAT(posts_, SizeIs(1));
  EXPECT_EQ(posts_[0].body, "[]");
}

TEST_F(PostListenerTest, EndsBehindTheLastAnswer) {
  EXPECT_THAT(Exchange(listener_->port(), PostOf("the last"), "thanks"),
              HasSubstr("thanks"));
  thread_.join();
}

TEST_F(PostListenerTest, SaysThatItsPortIsTaken) {
  const auto second = PostListener::Open(listener_->port(), {});
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message, HasSubstr("cannot listen on 127.0.0.1:"));
}

}  // namespace
}  // namespace segrid::cli
