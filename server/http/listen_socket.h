// From an address to a socket that listens.

#pragma once

#include <string>

#include "absl/status/statusor.h"

namespace segrid::httpd {

// A listening socket, non-blocking and closed on exec. Closes it, and removes
// the file of a Unix socket, when it goes. Moves only.
class ListenSocket {
 public:
  // Listens on `address`: host:port (port 0: any free one), [ipv6]:port or
  // unix:/path, whose file may be left over from a dead process.
  //
  // UNAVAILABLE, CANNOT_LISTEN: the address is taken, not this machine's or not
  // allowed; the message names it and says why.
  //
  // Thread safety: any thread. Blocking: for a name's resolution.
  static absl::StatusOr<ListenSocket> Open(const std::string& address);

  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&&) = delete;

  int fd() const { return fd_; }
  // With the port that was chosen for port 0.
  const std::string& address() const { return address_; }
  int port() const { return port_; }  // 0 for a Unix socket.

 private:
  ListenSocket(int fd, std::string address)
      : fd_(fd), address_(std::move(address)) {}
  static absl::StatusOr<ListenSocket> OpenUnix(const std::string& address);

  int fd_;
  std::string address_;
  std::string path_{};  // Of a Unix socket's file.
  int port_ = 0;
};

}  // namespace segrid::httpd
