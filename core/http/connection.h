// One connection of a client, plain or TLS.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/strand.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/parser.hpp"
#include "core/base/secret.h"
#include "core/http/body.h"
#include "core/http/client.h"
#include "core/http/cut_body.h"
#include "core/http/endpoint.h"
#include "core/http/resolver.h"
#include "core/http/time_limit.h"
#include "core/http/transport.h"

namespace segrid::http {

// Bounds of what is read.
struct ReadLimits {
  // Also, within a read, of trailers and of what a chunk says besides its size.
  std::uint32_t header_bytes = 16 << 10;
  // So much is kept of a body. The rest of a refusal's is not read.
  std::uint64_t body_bytes = 64 << 10;
  // A success is one when it was read to its end, up to this.
  std::uint64_t success_bytes = 16 << 20;
};

// Where a connection leads.
struct Route {
  Endpoint endpoint{};
  std::shared_ptr<boost::asio::ssl::context> tls{};  // Null: plain.
  std::optional<Endpoint> proxy{};                   // For TLS only.
  base::Secret proxy_auth{};                         // user:password.
};

// One exchange at a time, HTTP/1.1.
//
// Ownership:     held by a std::shared_ptr, which pending operations keep.
// Thread safety: everything runs on strand().
// Blocking:      never.
// Errors:        see Client; no time-outs but those of limit().
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  using OpenDone = std::function<void(absl::Status)>;
  using ExchangeDone = std::function<void(absl::StatusOr<Response>)>;
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;

  Connection(const boost::asio::any_io_executor& io, Route route,
             ReadLimits limits);

  const Strand& strand() const { return strand_; }

  // Asks `resolver` for the name, connects, and shakes hands. Once. Of several
  // addresses the one at place `first`, modulo their number, is tried first.
  void Open(Resolver& resolver, std::size_t first, OpenDone done);

  // Sends a request, whose `head` ends with an empty line, and reads the whole
  // answer, also one that comes before everything is sent.
  void Exchange(std::string head, Body body, ExchangeDone done);

  // Ends the exchange, or the wait for the next, when it takes too long.
  // One at a time; kept over Open() and Exchange(), cleared by Close().
  TimeLimit& limit() { return limit_; }

  // Ends everything pending, with errors.
  void Close();

  // After an exchange: whether another may follow. False also when anything is
  // unread, because it would be taken for the response to the next request.
  bool keep_alive() const { return keep_alive_; }

  // Right before the first exchange: false when something came already, or the
  // other side closed.
  bool IsReady() {
    return transport_.FindUnread() != Transport::Unread::kBytesOrEnd;
  }

  // Waits for the next exchange, closed after `idle` unless StopWaiting().
  void Wait(absl::Duration idle);
  // Right before the next exchange. False when the time was up, anything is
  // unread, or the other side closed.
  bool StopWaiting();

 private:
  using ErrorCode = boost::system::error_code;

  // The steps. Each passes `done` on, so that nothing but pending operations
  // keeps it: a pool that is stopped drops it.
  void Connect(const Addresses& addresses, OpenDone done);
  void OnConnected(OpenDone done);
  void OnTunnel(const absl::Status& status, OpenDone done);
  void Shake(OpenDone done);
  void Send(ExchangeDone done);
  void BeginToRead(ExchangeDone done);
  void Read(ExchangeDone done);
  // Parses what was read; true when the answer is whole, or wrong.
  bool Parse(ErrorCode& error);
  int StatusRead() const;  // 0: the head is not read.
  void OnRead(const ErrorCode& error, const ExchangeDone& done);
  Response TakeResponse();
  bool IsQuiet();  // Nothing is unread, and the other side is there.

  const Route route_;
  const ReadLimits limits_;
  const Strand strand_;

  Transport transport_;
  TimeLimit limit_;
  boost::beast::flat_buffer buffer_;
  std::string head_;
  Body body_;
  std::optional<boost::beast::http::response_parser<CutBody>> parser_;
  int interim_responses_ = 0;
  ErrorCode send_error_;
  bool keep_alive_ = false;
  bool closed_ = false;
};

}  // namespace segrid::http
