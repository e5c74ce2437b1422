#include "server/rpc/first_bytes.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace segrid::rpc {
namespace {

constexpr unsigned char kTlsHandshake = 0x16;  // The type of its first record.

// Looks at the first byte; false when there is none yet.
bool Look(FirstBytes::Connection& connection) {
  unsigned char byte = 0;
  const ssize_t got =
      ::recv(connection.descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return false;
  connection.speaks_tls = got == 1 && byte == kTlsHandshake;
  return true;
}

}  // namespace

bool FirstBytes::Add(Connection& connection) {
  if (Look(connection) || waiting_.size() >= kMaxWaiting) return false;
  waiting_.push_back(connection);
  return true;
}

std::vector<FirstBytes::Connection> FirstBytes::Take(absl::Duration now) {
  std::vector<Connection> ready;
  std::erase_if(waiting_, [&ready, now](Connection& connection) {
    if (!Look(connection) && now - connection.since < kPatience) return false;
    ready.push_back(connection);
    return true;
  });
  return ready;
}

std::vector<FirstBytes::Connection> FirstBytes::TakeAll() {
  return std::exchange(waiting_, {});
}

void FirstBytes::AddTo(std::vector<pollfd>& files) const {
  for (const Connection& connection : waiting_) {
    files.push_back({connection.descriptor, POLLIN, 0});
  }
}

}  // namespace segrid::rpc
