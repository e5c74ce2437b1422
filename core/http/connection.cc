#include "core/http/connection.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/connect.hpp"
#include "boost/asio/error.hpp"
#include "boost/asio/post.hpp"
#include "core/base/error_info.h"
#include "core/http/tunnel.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;

constexpr std::size_t kReadBytes = 16 << 10;

absl::Status ConnectFailed(const Route& route, absl::string_view step,
                           absl::string_view why) {
  const std::string by =
      route.proxy ? absl::StrCat(" by the proxy ", route.proxy->authority())
                  : "";
  return base::MakeError(
      absl::StatusCode::kUnavailable, "CONNECT_FAILED",
      absl::StrCat("no connection to ", route.endpoint.authority(), by, ": ",
                   step, ": ", why));
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
      transport_(strand_),
      limit_(strand_) {}

void Connection::Open(Resolver& resolver, std::size_t first, OpenDone done) {
  const Endpoint& to = route_.proxy ? *route_.proxy : route_.endpoint;
  resolver.Resolve(
      to.host, to.port,
      [self = shared_from_this(), first,
       done = std::move(done)](const absl::StatusOr<Addresses>& found) {
        asio::post(self->strand_, [self, first, found, done] {
          if (self->closed_) return;
          if (!found.ok() || found->empty()) {
            return done(
                ConnectFailed(self->route_, "name", found.status().message()));
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
      transport_.socket(), addresses,
      [self = shared_from_this(), done = std::move(done)](
          const ErrorCode& error, const asio::ip::tcp::endpoint&) {
        if (error) {
          return done(ConnectFailed(self->route_, "TCP", error.message()));
        }
        self->OnConnected(done);
      });
}

void Connection::OnConnected(OpenDone done) {
  if (const ErrorCode error = transport_.Begin()) {
    return done(ConnectFailed(route_, "TCP", error.message()));
  }
  if (route_.tls == nullptr) return done(absl::OkStatus());
  if (!route_.proxy) return Shake(std::move(done));
  const Endpoint& to = route_.endpoint;
  OpenTunnel(transport_.socket(),
             {.target = absl::StrCat(to.bracketed_host(), ":", to.port),
              .auth = route_.proxy_auth},
             [self = shared_from_this(), done = std::move(done)](
                 const absl::Status& status) { self->OnTunnel(status, done); });
}

void Connection::OnTunnel(const absl::Status& status, OpenDone done) {
  if (!status.ok()) {
    return done(ConnectFailed(route_, "proxy", status.message()));
  }
  // The other side of a tunnel never speaks first.
  if (!IsQuiet()) {
    return done(ConnectFailed(route_, "proxy", kBytesBehindConnect));
  }
  Shake(std::move(done));
}

void Connection::Shake(OpenDone done) {
  transport_.Shake(
      *route_.tls, route_.endpoint.host,
      [self = shared_from_this(), done = std::move(done)](
          const ErrorCode& failed, std::size_t) {
        if (!failed) return done(absl::OkStatus());
        done(ConnectFailed(
            self->route_, "TLS",
            absl::StrCat(failed.message(), self->transport_.WhyUntrusted())));
      });
}

void Connection::Exchange(std::string head, Body body, ExchangeDone done) {
  head_ = std::move(head);
  body_ = std::move(body);
  interim_responses_ = 0;
  keep_alive_ = false;
  send_error_.clear();
  Send(std::move(done));
}

void Connection::Send(ExchangeDone done) {
  std::vector<std::string_view> pieces = {head_};
  pieces.insert(pieces.end(), body_.pieces.begin(), body_.pieces.end());
  transport_.Write(std::move(pieces),
                   [self = shared_from_this(), done = std::move(done)](
                       const ErrorCode& error, std::size_t) {
                     // A refusal may have come before the end of the body.
                     self->send_error_ = error;
                     self->body_ = {};
                     self->BeginToRead(done);
                   });
}

void Connection::BeginToRead(ExchangeDone done) {
  parser_.emplace();
  parser_->eager(true);
  parser_->header_limit(limits_.header_bytes);
  parser_->body_limit(boost::none);
  parser_->get().body().max_bytes = limits_.body_bytes;
  Read(std::move(done));
}

void Connection::Read(ExchangeDone done) {
  ErrorCode error;
  if (Parse(error)) return OnRead(error, done);
  const auto room = buffer_.prepare(kReadBytes);
  transport_.Read(
      static_cast<char*>(room.data()), room.size(),
      [self = shared_from_this(), done = std::move(done)](
          const ErrorCode& failed, std::size_t bytes) {
        self->buffer_.commit(bytes);
        if (!failed) return self->Read(done);
        ErrorCode ended = failed;
        // Some bodies end with the stream.
        if (failed == asio::error::eof && self->parser_->got_some()) {
          self->parser_->put_eof(ended);
        }
        self->OnRead(ended, done);
      });
}

bool Connection::Parse(ErrorCode& error) {
  while (buffer_.size() > 0 && !parser_->is_done()) {
    const std::size_t used = parser_->put(buffer_.data(), error);
    buffer_.consume(used);
    const bool starving = error == beast::http::error::need_more || used == 0;
    if (error == beast::http::error::need_more) error.clear();
    if (error) return true;
    if (starving) {
      // Bytes between chunks and behind them are read whole.
      if (buffer_.size() <= limits_.header_bytes + kReadBytes) break;
      error = beast::http::error::header_limit;
      return true;
    }
  }
  const std::uint64_t limit =
      StatusRead() >= 300 ? limits_.body_bytes : limits_.success_bytes;
  if (parser_->get().body().bytes > limit) {
    error = beast::http::error::body_limit;
    return true;
  }
  return parser_->is_done();
}

int Connection::StatusRead() const {
  return parser_->is_header_done()
             ? static_cast<int>(parser_->get().result_int())
             : 0;
}

void Connection::OnRead(const ErrorCode& error, const ExchangeDone& done) {
  const int status = StatusRead();
  // The long text of a refusal is cut; that of a success must be whole.
  if (error == beast::http::error::body_limit && status >= 300) {
    return done(TakeResponse());
  }
  if (error) {
    return done(
        ExchangeFailed(route_.endpoint, send_error_ ? send_error_ : error));
  }
  // Nobody asked for another protocol.
  const bool interim = status < 200 && status != 101;
  if (interim && ++interim_responses_ <= kMaxInterimResponses) {
    return BeginToRead(done);
  }
  if (status < 200 || status > 599) {
    return done(ExchangeFailed(
        route_.endpoint,
        beast::http::make_error_code(beast::http::error::bad_status)));
  }
  // A success before everything was sent is none.
  if (send_error_ && status < 300) {
    return done(ExchangeFailed(route_.endpoint, send_error_));
  }
  keep_alive_ = parser_->keep_alive() && !send_error_ && IsQuiet();
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
  response.body = std::move(message.body().text);
  return response;
}

void Connection::Close() {
  ErrorCode ignored;
  closed_ = true;
  limit_.Clear();
  transport_.socket().close(ignored);
  keep_alive_ = false;
}

void Connection::Wait(absl::Duration idle) {
  limit_.Set(idle, [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->Close();
  });
}

bool Connection::StopWaiting() { return limit_.Clear() && IsQuiet(); }

bool Connection::IsQuiet() {
  return buffer_.size() == 0 &&
         transport_.FindUnread() == Transport::Unread::kNothing;
}

}  // namespace segrid::http
