// Takes connections from one listening socket.

#pragma once

#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "boost/asio/posix/stream_descriptor.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "server/http/listen_socket.h"
#include "server/http/listener_state.h"
#include "server/http/session.h"

namespace segrid::httpd {

// An accept loop of our own, because it must go on when the process has no
// descriptors left: then the connection that waits longest makes room.
//
// Ownership:     held by the tasks that wait for connections.
// Thread safety: Start and Stop from any thread; the rest on the strand.
// Blocking:      never.
class Acceptor : public std::enable_shared_from_this<Acceptor> {
 public:
  // `entrance`: see Slot.
  Acceptor(boost::asio::any_io_executor io, ListenSocket socket,
           std::size_t entrance, std::shared_ptr<ListenerState> listener);
  ~Acceptor();

  void Start();
  // Closes the socket soon; `done` runs then.
  void Stop(std::function<void()> done);

  const std::string& address() const { return address_; }
  std::size_t entrance() const { return entrance_; }
  int port() const { return port_; }

 private:
  void Wait();
  void Accept();
  // Takes one connection. False when there is none now.
  bool AcceptOne();
  void OnExhausted();
  void Open(int fd, const sockaddr_storage& address);

  const std::string address_;
  const int port_;
  const std::size_t entrance_;
  const boost::asio::any_io_executor io_;
  const std::shared_ptr<ListenerState> listener_;
  boost::asio::strand<boost::asio::any_io_executor> strand_;
  std::optional<ListenSocket> socket_;  // None: stopped.
  boost::asio::posix::basic_stream_descriptor<
      boost::asio::strand<boost::asio::any_io_executor>>
      descriptor_;  // Watches the socket, does not own it.
  boost::asio::basic_waitable_timer<
      std::chrono::steady_clock,
      boost::asio::wait_traits<std::chrono::steady_clock>,
      boost::asio::strand<boost::asio::any_io_executor>>
      pause_;
};

}  // namespace segrid::httpd
