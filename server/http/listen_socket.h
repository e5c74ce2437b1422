// From an address to a socket that listens.

#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "core/config/config.h"

namespace segrid::httpd {

// A listening socket, non-blocking and closed on exec. Closes it, and removes
// the file of a Unix socket, when it goes. Moves only.
class ListenSocket {
 public:
  // Listens on `address`: host:port (port 0: any free one), [ipv6]:port or
  // unix:/path, whose file may be left over from a dead process. Or takes over
  // the socket that has NameOf(descriptor): its file stays.
  //
  // The file of a Unix socket gets the mode and the group of `unix_file` before
  // anybody can connect.
  //
  // UNAVAILABLE, CANNOT_LISTEN: the address is taken, not this machine's or not
  // allowed, or the file cannot have that group; the message names the address
  // and says why.
  //
  // Thread safety: any thread. Blocking: for a name's resolution.
  static absl::StatusOr<ListenSocket> Open(
      const std::string& address, const config::UnixFile& unix_file = {});

  // What Open() calls a socket that listens already. No address of a
  // configuration looks like that.
  static std::string NameOf(int descriptor);
  // Where such a socket listens. FAILED_PRECONDITION, BAD_SOCKET: it does not;
  // the message says what it is.
  static absl::StatusOr<std::string> AddressOf(int descriptor);

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
  static absl::StatusOr<ListenSocket> OpenUnix(
      const std::string& address, const config::UnixFile& unix_file);
  static absl::StatusOr<ListenSocket> TakeOver(int descriptor);

  int fd_;
  std::string address_;
  std::string path_{};  // Of a Unix socket's file.
  int port_ = 0;
};

}  // namespace segrid::httpd
