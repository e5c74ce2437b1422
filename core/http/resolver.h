// Names to addresses.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/asio/ip/tcp.hpp"

namespace segrid::http {

using Addresses = std::vector<boost::asio::ip::tcp::endpoint>;

// Thread safety: any thread.
// Blocking:      never.
// Errors:        UNAVAILABLE/CONNECT_FAILED: there is no such name, or nobody
//                to ask. The text says why, but not the name.
class Resolver {
 public:
  using Done = std::function<void(absl::StatusOr<Addresses>)>;

  virtual ~Resolver() = default;

  // Asks anew, and runs `done` once, inline or in any thread, unless Cancel()
  // comes before. `done` must not call the resolver.
  virtual void Resolve(const std::string& host, const std::string& port,
                       Done done) = 0;

  // Drops what was asked, without running its `done`; when it returns none
  // runs. What is asked later fails.
  virtual void Cancel() = 0;
};

// The system's resolver, but for what it need not be asked: addresses,
// `localhost` (this machine, with or without a line in /etc/hosts) and
// `.invalid`. Each has a thread of its own while it asks, so that a
// name server that hangs delays nobody else. Made for one name: whoever asks
// while an answer is on its way gets that answer.
std::unique_ptr<Resolver> MakeSystemResolver();

}  // namespace segrid::http
