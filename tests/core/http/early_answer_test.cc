// Servers that answer and leave before they have read the request.

#include <array>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/http/caller.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;

// What a client gets that sends more than any buffer holds.
absl::StatusOr<Response> AnsweredEarly(const std::string& answer) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io,
                                   {asio::ip::make_address("127.0.0.1"), 0});
  std::thread server([&] {
    asio::ip::tcp::socket socket = acceptor.accept();
    std::array<char, 1024> some;
    socket.read_some(asio::buffer(some));
    asio::write(socket, asio::buffer(answer));
  });  // Closes with unread bytes, which resets the connection.
  base::SystemClock clock;
  const auto pool = *pool::ThreadPool::Create(1);
  BeastClient client(
      {.endpoint = ParseEndpoint(absl::StrCat("http://127.0.0.1:",
                                              acceptor.local_endpoint().port()),
                                 true)
                       .value()},
      pool->io(), clock);
  absl::StatusOr<Response> result;
  absl::Notification done;
  client.Send({.target = "/", .body = BodyOf(std::string(16 << 20, 'x'))},
              [&](absl::StatusOr<Response> response) {
                result = std::move(response);
                done.Notify();
              });
  done.WaitForNotification();
  server.join();
  pool->Stop();
  return result;
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
