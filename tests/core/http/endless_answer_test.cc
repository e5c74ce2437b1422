// Servers that never come to the end of what is not the body.

#include <array>
#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/write.hpp"
#include "gtest/gtest.h"
#include "tests/core/http/raw_answer.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kEndless = 64 << 20;

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
    std::size_t taken = 0;
    const auto result = RawAnswer("{}", [&](auto& socket) {
      boost::system::error_code failed;
      std::array<char, 1024> request;
      socket.read_some(asio::buffer(request));
      asio::write(socket, asio::buffer(c.begin), failed);
      while (!failed && taken < kEndless) {
        taken += asio::write(socket, asio::buffer(c.more), failed);
      }
    });
    // Beyond the client's own bounds there is only what sockets hold.
    EXPECT_LT(taken, kEndless / 2);
    EXPECT_EQ(base::ReasonOf(result.status()), "BAD_RESPONSE");
  }
}

}  // namespace
}  // namespace segrid::http
