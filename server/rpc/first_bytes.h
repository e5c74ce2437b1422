// Who speaks TLS to a listener that does not.

#pragma once

#include <poll.h>

#include <cstddef>
#include <vector>

#include "absl/time/time.h"

namespace segrid::rpc {

// Keeps connections back until their first byte has come, for a moment, because
// gRPC ends who sends it something else than HTTP/2 and tells nobody. Bytes
// stay where they are.
//
// Ownership:     owns no descriptor.
// Thread safety: none. Blocking: never.
class FirstBytes {
 public:
  // Further ones are not kept back, nor is any for longer.
  static constexpr std::size_t kMaxWaiting = 64;
  static constexpr absl::Duration kPatience = absl::Milliseconds(100);

  struct Connection {
    int listener;
    int descriptor;
    bool speaks_tls;
    absl::Duration since;
  };

  // True when `descriptor` has to wait; then Take gives it back. Else
  // `connection` is what is known of it.
  bool Add(Connection& connection);

  // Those that have waited enough at `now`.
  std::vector<Connection> Take(absl::Duration now);

  // All, because nobody will wait any more.
  std::vector<Connection> TakeAll();

  bool empty() const { return waiting_.empty(); }
  // Adds the files whose events end the wait of a connection.
  void AddTo(std::vector<pollfd>& files) const;

 private:
  std::vector<Connection> waiting_;
};

}  // namespace segrid::rpc
