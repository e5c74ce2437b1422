// Servers that answer and leave before they have read the request.

#include <array>
#include <string>

#include "boost/asio/buffer.hpp"
#include "boost/asio/write.hpp"
#include "gtest/gtest.h"
#include "tests/core/http/raw_answer.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;

// What a client gets that sends more than any buffer holds. Unread bytes reset
// the connection when it is closed.
absl::StatusOr<Response> AnsweredEarly(const std::string& answer) {
  return RawAnswer(std::string(16 << 20, 'x'), [&](auto& socket) {
    std::array<char, 1024> some;
    socket.read_some(asio::buffer(some));
    asio::write(socket, asio::buffer(answer));
  });
}

TEST(EarlyAnswer, OfARefusalCounts) {
  const auto response =
      AnsweredEarly("HTTP/1.1 413 Too Large\r\nContent-Length: 4\r\n\r\nlong");
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 413);
  EXPECT_EQ(response->body, "long");
}

TEST(EarlyAnswer, OfASuccessIsNone) {
  const auto response =
      AnsweredEarly("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(base::ReasonOf(response.status()), "CONNECTION_LOST");
}

}  // namespace
}  // namespace segrid::http
