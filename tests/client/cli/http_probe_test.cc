#include "client/cli/http_probe.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"

namespace segrid::cli {
namespace {

using boost::asio::ip::tcp;

// Answers one request with `response`, or with nothing at all when it is empty,
// until it is destroyed.
class OneRequest {
 public:
  explicit OneRequest(std::string response)
      : thread_([this, response = std::move(response)] {
          tcp::iostream stream;
          acceptor_.accept(stream.socket());
          std::getline(stream, request);
          std::string line;
          while (std::getline(stream, line) && line != "\r") head += line;
          stream << response << std::flush;
          if (response.empty()) std::getline(stream, line);
        }) {}
  ~OneRequest() {
    if (thread_.joinable()) thread_.join();
  }
  std::string url(const std::string& path = "") const {
    return "http://127.0.0.1:" +
           std::to_string(acceptor_.local_endpoint().port()) + path;
  }
  void Wait() { thread_.join(); }

  std::string request{};
  std::string head{};

 private:
  boost::asio::io_context context_;
  tcp::acceptor acceptor_{context_,
                          {boost::asio::ip::address_v4::loopback(), 0}};
  std::thread thread_;
};

TEST(ProbeHttp, TellsTheStatus) {
  OneRequest ready("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  const auto status = ProbeHttp(ready.url(), absl::Seconds(10));
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(*status, 200);
  ready.Wait();
  EXPECT_EQ(ready.request, "GET /readyz HTTP/1.1\r");
  EXPECT_NE(ready.head.find("Host: 127.0.0.1:"), std::string::npos);

  OneRequest draining("HTTP/1.1 503 Service Unavailable\r\n\r\n");
  EXPECT_EQ(*ProbeHttp(draining.url("/livez?verbose"), absl::Seconds(10)), 503);
  draining.Wait();
  EXPECT_EQ(draining.request, "GET /livez?verbose HTTP/1.1\r");
}

TEST(ProbeHttp, SaysThatNobodyAnswers) {
  OneRequest other("220 mail.example.com ESMTP\r\n");
  EXPECT_EQ(ProbeHttp(other.url(), absl::Seconds(10)).error().reason,
            "NOT_CONNECTED");
  OneRequest silent("");
  EXPECT_EQ(ProbeHttp(silent.url(), absl::Milliseconds(50)).error().reason,
            "NOT_CONNECTED");
  EXPECT_EQ(ProbeHttp("http://127.0.0.1:1/", absl::Seconds(10)).error().reason,
            "NOT_CONNECTED");
}

TEST(ProbeHttp, RefusesWhatIsNoPlainUrl) {
  for (const char* url :
       {"", "127.0.0.1:8081", "https://127.0.0.1:8081/readyz", "http://",
        "http://:80/", "http://host:0/", "http://host:x/", "http://u@host/",
        "http://host/a b", "http://host/\r\nX: y"}) {
    EXPECT_EQ(ProbeHttp(url, absl::Seconds(1)).error().reason, "BAD_OPTION")
        << url;
  }
}

}  // namespace
}  // namespace segrid::cli
