// A proxy that understands CONNECT, on a port of its own.

#pragma once

#include <sys/socket.h>

#include <array>
#include <functional>
#include <istream>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read_until.hpp"
#include "boost/asio/streambuf.hpp"
#include "boost/asio/write.hpp"

namespace segrid::testing {

// Leads every tunnel to `port` of this host, whatever it is asked for, when
// `answer` is a 2xx. Thread safety: any thread.
class ScriptedProxy {
 public:
  ScriptedProxy(std::string port, std::string answer = "HTTP/1.1 200 OK")
      : port_(std::move(port)),
        answer_(std::move(answer)),
        thread_([this] { Accept(); }) {}

  ~ScriptedProxy() {
    ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
    thread_.join();
    for (std::thread& thread : threads_) thread.join();
  }

  std::string port() const {
    return absl::StrCat(acceptor_.local_endpoint().port());
  }
  // The heads of the requests.
  std::vector<std::string> seen() {
    absl::MutexLock lock(&mu_);
    return seen_;
  }

 private:
  using Socket = boost::asio::ip::tcp::socket;

  void Accept() {
    while (true) {
      boost::system::error_code error;
      Socket socket = acceptor_.accept(error);
      if (error) return;
      threads_.emplace_back(
          [this, s = std::move(socket)]() mutable { Serve(std::move(s)); });
    }
  }

  void Serve(Socket client) {
    boost::asio::streambuf head;
    boost::system::error_code error;
    boost::asio::read_until(client, head, "\r\n\r\n", error);
    {
      absl::MutexLock lock(&mu_);
      seen_.emplace_back(boost::asio::buffers_begin(head.data()),
                         boost::asio::buffers_end(head.data()));
    }
    boost::asio::write(client, boost::asio::buffer(answer_ + "\r\n\r\n"),
                       error);
    if (answer_.find(" 2") == std::string::npos) return;
    Socket server(io_);
    server.connect({boost::asio::ip::make_address("127.0.0.1"),
                    static_cast<std::uint16_t>(std::stoi(port_))},
                   error);
    std::thread back([&] { Pump(server, client); });
    Pump(client, server);
    back.join();
  }

  static void Pump(Socket& from, Socket& to) {
    std::array<char, 4096> block;
    boost::system::error_code error;
    while (!error) {
      const std::size_t got = from.read_some(boost::asio::buffer(block), error);
      if (error) break;
      boost::asio::write(to, boost::asio::buffer(block.data(), got), error);
    }
    ::shutdown(from.native_handle(), SHUT_RDWR);
    ::shutdown(to.native_handle(), SHUT_RDWR);
  }

  const std::string port_;
  const std::string answer_;
  boost::asio::io_context io_;
  boost::asio::ip::tcp::acceptor acceptor_{
      io_, {boost::asio::ip::make_address("127.0.0.1"), 0}};
  absl::Mutex mu_;
  std::vector<std::string> seen_ ABSL_GUARDED_BY(mu_);
  std::vector<std::thread> threads_;  // Of the accepting thread, then ours.
  std::thread thread_;
};

}  // namespace segrid::testing
