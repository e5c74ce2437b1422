// Servers that never come to the end of what is not the body.

#include <cstddef>
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

constexpr std::size_t kEndless = 64 << 20;

// How much a client takes of an answer that goes on with `more` for ever.
std::size_t TakenOf(const std::string& begin, const std::string& more,
                    absl::StatusOr<Response>& result) {
  asio::io_context io;
  asio::ip::tcp::acceptor acceptor(io,
                                   {asio::ip::make_address("127.0.0.1"), 0});
  std::size_t taken = 0;
  std::thread server([&] {
    asio::ip::tcp::socket socket = acceptor.accept();
    boost::system::error_code failed;
    asio::write(socket, asio::buffer(begin), failed);
    while (!failed && taken < kEndless) {
      taken += asio::write(socket, asio::buffer(more), failed);
    }
  });
  base::SystemClock clock;
  const auto pool = *pool::ThreadPool::Create(1);
  {
    BeastClient client(
        {.endpoint =
             ParseEndpoint(absl::StrCat("http://127.0.0.1:",
                                        acceptor.local_endpoint().port()),
                           true)
                 .value()},
        pool->io(), clock);
    absl::Notification done;
    client.Send({.target = "/", .body = BodyOf("{}")},
                [&](absl::StatusOr<Response> response) {
                  result = std::move(response);
                  done.Notify();
                });
    done.WaitForNotification();
  }
  server.join();
  pool->Stop();
  return taken;
}

TEST(EndlessAnswer, IsCutOffWhereverItGrows) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n";
  const std::string line(1024, 'x');
  struct Case {
    const char* where;
    std::string begin;
    std::string more;
  };
  for (const Case& c : {Case{"header", head, absl::StrCat("a: ", line, "\r\n")},
                        Case{"chunk extension", head + "\r\n2;a=", line},
                        Case{"trailer", head + "\r\n2\r\n{}\r\n0\r\n",
                             absl::StrCat("a: ", line, "\r\n")}}) {
    SCOPED_TRACE(c.where);
    absl::StatusOr<Response> result;
    // Beyond the client's own bounds there is only what sockets hold.
    EXPECT_LT(TakenOf(c.begin, c.more, result), kEndless / 2);
    EXPECT_EQ(base::ReasonOf(result.status()), "BAD_RESPONSE");
  }
}

}  // namespace
}  // namespace segrid::http
