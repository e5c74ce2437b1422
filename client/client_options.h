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

// How a call is tried again. Tried again are calls that failed with
// UNAVAILABLE, with a CANCELLED that nobody asked for, with RESOURCE_EXHAUSTED
// when the server says how long to wait, and tries that took too long. All of
// these are safe to repeat. No call outlasts its time.
struct RetryOptions {
  // Tries of one call, the first included; 1: nothing is tried again. Tries
  // that found no connection do not count: no server was asked. Range: 1 to
  // 100.
  std::int32_t max_attempts = 20;

  // How long one try may take; a Forward with WAIT_DELIVERED may use all of the
  // call's time. Range: 1 ms to 24 h.
  std::chrono::nanoseconds attempt_timeout = std::chrono::seconds(2);

  // The wait before another try is random between 0 and a bound that doubles
  // from the first to the second of these; never less than what the server
  // asks for. Range: 1 ms to 1 h, in this order.
  std::chrono::nanoseconds initial_backoff = std::chrono::milliseconds(50);
  std::chrono::nanoseconds max_backoff = std::chrono::seconds(1);

  // Further tries that all calls of a connection may make in a row: each one
  // takes 1 from this budget, each success gives 0.1 back. It keeps clients
  // from multiplying the load of a server that is in trouble.
  // Range: 1 to 1,000,000.
  std::int32_t budget = 1'000;
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
  // is closed. Range: 10 s to 24 h, and 100 ms to 24 h. Below 20 s a server
  // may take the questions for an attack.
  std::chrono::nanoseconds keepalive_time = std::chrono::seconds(20);
  std::chrono::nanoseconds keepalive_timeout = std::chrono::seconds(5);

  // Larger answers fail with RESOURCE_EXHAUSTED. Range: 1 KiB to 1 GiB. The
  // answer to a 4 MiB request can be several times as large.
  std::int64_t max_response_bytes = 64 << 20;

  RetryOptions retry{};

  // Larger batches are sent in several calls, one after the other, and answered
  // as one. Not above the server's own limits. Range: 1 KiB to 1 GiB, and 1 to
  // 1,000,000 events.
  std::int64_t max_request_bytes = 4 << 20;
  std::int32_t max_request_events = 10'000;

  // Sent as `authorization: Bearer <token>`; empty: nothing. Needs `tls`, or an
  // address on this machine. Printable ASCII, at most 4,096 characters.
  std::string token{};

  // What the server's logs see first, such as `billing/2.1`. Empty: nothing
  // before the client's own `segrid-client/<version>`.
  std::string user_agent{};

  // INVALID_ARGUMENT, `BAD_OPTION` with the first field that is out of range,
  // its range, and in `field_violations` its name; nullopt when all are good.
  std::optional<Error> Validate() const;
};

}  // namespace segrid
