// How a client reaches the server and how long it waits. The defaults are meant
// for production; change what you have measured.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "client/error.h"

namespace segrid {

// TLS towards the server. The files are read once, when connecting.
struct TlsOptions {
  // PEM file of the authorities that may have signed the server's certificate.
  // Empty: those of the system.
  std::string ca_file{};

  // PEM files of the client's own certificate (with its chain) and key, for
  // servers that ask for one (mTLS). Both or neither.
  std::string cert_file{};
  std::string key_file{};

  // The name that the server's certificate must carry. Empty: the host of
  // `address`.
  std::string server_name{};
};

// What Connect() needs. A plain value.
struct ClientOptions {
  // Where the server is: `host:port`, `unix:/path`, several `ipv4:port`
  // separated by commas, or any gRPC name such as `dns:///bridge:50051`. All
  // addresses behind it are used in turn (`round_robin`).
  std::string address = "127.0.0.1:50051";

  // Unset: no TLS, for loopback, unix sockets and private networks.
  std::optional<TlsOptions> tls{};

  // How long a call may take in all, where its CallOptions do not say it.
  // Range: 1 ms to 24 h.
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);

  // True: a call waits for a connection as long as its time lasts, so a restart
  // of the server is not seen. False: it fails with UNAVAILABLE as soon as an
  // attempt to connect has failed.
  bool wait_for_ready = true;

  // Waits between attempts to connect grow from the first to the second.
  // Range: 1 ms to 10 min, in this order.
  std::chrono::nanoseconds initial_reconnect_backoff =
      std::chrono::milliseconds(100);
  std::chrono::nanoseconds max_reconnect_backoff = std::chrono::seconds(1);

  // After this long without a byte from the server while calls are open, ask it
  // for a sign of life; without one within `keepalive_timeout` the connection
  // is given up. Range: 10 s to 24 h, and 100 ms to 24 h. Below 20 s a server
  // may take the questions for an attack.
  std::chrono::nanoseconds keepalive_time = std::chrono::seconds(20);
  std::chrono::nanoseconds keepalive_timeout = std::chrono::seconds(5);

  // Larger answers fail with RESOURCE_EXHAUSTED. Range: 1 KiB to 1 GiB. The
  // answer to a 4 MiB request can be several times as large.
  std::int64_t max_response_bytes = 64 << 20;

  // What the server's logs see first, such as `billing/2.1`. Empty: nothing
  // before the client's own `segrid-client/<version>`.
  std::string user_agent{};

  // INVALID_ARGUMENT, `BAD_OPTION` with the first field that is out of range,
  // its range, and in `field_violations` its name; nullopt when all are good.
  std::optional<Error> Validate() const;
};

}  // namespace segrid
