#include "core/http/connection.h"

#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/ssl/host_name_verification.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/write.hpp"
#include "core/base/error_info.h"
#include "core/http/tunnel.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr int kMaxInterimAnswers = 8;

absl::Status ConnectFailed(const Endpoint& endpoint, absl::string_view step,
                           absl::string_view why) {
  return base::MakeError(absl::StatusCode::kUnavailable, "CONNECT_FAILED",
                         absl::StrCat("no connection to ", endpoint.authority(),
                                      ": ", step, ": ", why));
}

absl::Status ExchangeFailed(const Endpoint& endpoint,
                            const boost::system::error_code& error) {
  const bool no_http =
      error.category() ==
      beast::http::make_error_code(beast::http::error::bad_field).category();
  const bool lost = error == beast::http::error::end_of_stream ||
                    error == beast::http::error::partial_message;
  return no_http && !lost
             ? base::MakeError(
                   absl::StatusCode::kUnavailable, "BAD_RESPONSE",
                   absl::StrCat(
                       "the answer of ", endpoint.authority(),
                       " is not HTTP, or over a limit: ", error.message()))
             : base::MakeError(
                   absl::StatusCode::kUnavailable, "CONNECTION_LOST",
                   absl::StrCat("the connection to ", endpoint.authority(),
                                " broke: ", error.message()));
}

}  // namespace

Connection::Connection(const asio::any_io_executor& io, Route route,
                       ReadLimits limits)
    : route_(std::move(route)),
      limits_(limits),
      strand_(asio::make_strand(io)),
      idle_timer_(strand_) {
  if (route_.tls != nullptr) {
    tls_.emplace(strand_, *route_.tls);
  } else {
    plain_.emplace(strand_);
  }
}

template <typename F>
void Connection::WithStream(F f) {
  if (tls_) {
    f(*tls_);
  } else {
    f(*plain_);
  }
}

void Connection::Open(Resolver& resolver, std::size_t first, OpenDone done) {
  const Endpoint& to = route_.proxy ? *route_.proxy : route_.endpoint;
  resolver.Resolve(
      to.host, to.port,
      [self = shared_from_this(), first,
       done = std::move(done)](const absl::StatusOr<Addresses>& found) {
        asio::post(self->strand_, [self, first, found, done] {
          if (self->closed_) return;
          if (!found.ok() || found->empty()) {
            return done(ConnectFailed(self->route_.endpoint, "name",
                                      found.status().message()));
          }
          Addresses addresses = *found;
          std::rotate(addresses.begin(),
                      addresses.begin() +
                          static_cast<std::ptrdiff_t>(first % addresses.size()),
                      addresses.end());
          self->Connect(addresses, done);
        });
      });
}

void Connection::Connect(const Addresses& addresses, OpenDone done) {
  asio::async_connect(
      socket(), addresses,
      [self = shared_from_this(), done = std::move(done)](
          const ErrorCode& error, const asio::ip::tcp::endpoint&) {
        if (error) {
          return done(
              ConnectFailed(self->route_.endpoint, "TCP", error.message()));
        }
        self->OnConnected(done);
      });
}

void Connection::OnConnected(OpenDone done) {
  ErrorCode ignored;
  socket().set_option(asio::ip::tcp::no_delay(true), ignored);
  if (!tls_) return done(CheckPlainPeer());
  if (!route_.proxy) return Shake(std::move(done));
  const Endpoint& to = route_.endpoint;
  OpenTunnel(
      socket(),
      {.target = absl::StrCat(to.bracketed_host(), ":", to.port),
       .auth = route_.proxy_auth},
      [self = shared_from_this(),
       done = std::move(done)](const absl::Status& status) {
        if (status.ok()) return self->Shake(done);
        done(ConnectFailed(self->route_.endpoint, "proxy", status.message()));
      });
}

absl::Status Connection::CheckPlainPeer() {
  ErrorCode unknown;
  const auto peer = socket().remote_endpoint(unknown);
  if (!unknown && peer.address().is_loopback()) return absl::OkStatus();
  return ConnectFailed(route_.endpoint, "plain http",
                       "the name leads to a host that is not loopback");
}

void Connection::Shake(OpenDone done) {
  SSL* ssl = tls_->native_handle();
  // SNI is for names only (RFC 6066, section 3).
  if (!IsIpAddress(route_.endpoint.host) &&
      SSL_set_tlsext_host_name(ssl, route_.endpoint.host.c_str()) != 1) {
    return done(ConnectFailed(route_.endpoint, "TLS", "the name is too long"));
  }
  ErrorCode error;
  tls_->set_verify_callback(
      asio::ssl::host_name_verification(route_.endpoint.host), error);
  if (error)
    return done(ConnectFailed(route_.endpoint, "TLS", error.message()));
  tls_->async_handshake(asio::ssl::stream_base::client,
                        [self = shared_from_this(),
                         done = std::move(done)](const ErrorCode& failed) {
                          done(failed ? ConnectFailed(self->route_.endpoint,
                                                      "TLS", failed.message())
                                      : absl::OkStatus());
                        });
}

void Connection::Exchange(Message message, ExchangeDone done) {
  message_ = std::move(message);
  interim_answers_ = 0;
  keep_alive_ = false;
  WithStream([&](auto& stream) {
    beast::http::async_write(
        stream, message_,
        [self = shared_from_this(), done = std::move(done)](
            const ErrorCode& error, std::size_t) {
          if (error) return done(ExchangeFailed(self->route_.endpoint, error));
          self->Read(done);
        });
  });
}

void Connection::Read(ExchangeDone done) {
  parser_.emplace();
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(limits_.body_bytes);
  WithStream([&](auto& stream) {
    beast::http::async_read(stream, buffer_, *parser_,
                            [self = shared_from_this(), done = std::move(done)](
                                const ErrorCode& error, std::size_t) {
                              self->OnRead(error, done);
                            });
  });
}

void Connection::OnRead(const ErrorCode& error, const ExchangeDone& done) {
  const int status = parser_->is_header_done()
                         ? static_cast<int>(parser_->get().result_int())
                         : 0;
  // What a refusal says at length is cut; what a success says must be whole.
  if (error == beast::http::error::body_limit && status >= 300) {
    return done(TakeResponse());
  }
  if (error) return done(ExchangeFailed(route_.endpoint, error));
  if (status < 200 && ++interim_answers_ <= kMaxInterimAnswers) {
    return Read(done);
  }
  if (status < 200 || status > 599) {
    return done(ExchangeFailed(
        route_.endpoint,
        beast::http::make_error_code(beast::http::error::bad_status)));
  }
  keep_alive_ = parser_->keep_alive() && buffer_.size() == 0;
  done(TakeResponse());
}

Response Connection::TakeResponse() {
  auto message = parser_->release();
  Response response;
  response.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    response.headers.emplace_back(std::string(field.name_string()),
                                  std::string(field.value()));
  }
  response.body = std::move(message.body());
  return response;
}

void Connection::Close() {
  ErrorCode ignored;
  closed_ = true;
  idle_timer_.cancel();
  socket().close(ignored);
  keep_alive_ = false;
}

void Connection::Wait(absl::Duration idle) {
  idle_timer_.expires_after(absl::ToChronoNanoseconds(idle));
  idle_timer_.async_wait([weak = weak_from_this()](const ErrorCode& stopped) {
    const auto self = weak.lock();
    if (!stopped && self) self->Close();
  });
}

bool Connection::StopWaiting() {
  // A timer that has fired already, but not run, must not close it later.
  if (idle_timer_.cancel() == 0 || !socket().is_open()) return false;
  char byte = 0;
  const ssize_t got =
      ::recv(socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace segrid::http
