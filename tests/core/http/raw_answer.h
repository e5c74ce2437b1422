// What a client makes of bytes that no proper server sends.

#pragma once

#include <functional>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "tests/core/http/caller.h"

namespace segrid::http {

// What a client gets for `body` from a server that does this with its
// connection, and then closes it.
inline absl::StatusOr<Response> RawAnswer(
    std::string body,
    const std::function<void(boost::asio::ip::tcp::socket&)>& serve) {
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(
      io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  std::thread server([&] {
    boost::asio::ip::tcp::socket socket = acceptor.accept();
    serve(socket);
  });
  base::SystemClock clock;
  const auto pool = *pool::ThreadPool::Create(1);
  absl::StatusOr<Response> result;
  {
    BeastClient client(
        {.endpoint =
             ParseEndpoint(absl::StrCat("http://127.0.0.1:",
                                        acceptor.local_endpoint().port()),
                           true)
                 .value()},
        pool->io(), clock);
    absl::Notification done;
    client.Send({.target = "/", .body = BodyOf(std::move(body))},
                [&](absl::StatusOr<Response> response) {
                  result = std::move(response);
                  done.Notify();
                });
    done.WaitForNotification();
  }
  server.join();
  pool->Stop();
  return result;
}

}  // namespace segrid::http
