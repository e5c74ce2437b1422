#include "server/http/session.h"

#include <string_view>
#include <utility>

#include "boost/beast/http/read.hpp"
#include "server/http/session_streams.h"

namespace segrid::httpd {
namespace {

// What a waiting connection keeps for the beginning of a request.
constexpr std::size_t kFirstBytes = 2'048;

// What may be received beyond what is looked at; two reads of Beast's.
constexpr std::size_t kReadAhead = 128 << 10;

// The peer went away, or the system says so: nobody is there to be told.
bool IsEndOfPeer(const boost::system::error_code& error) {
  namespace http = boost::beast::http;
  return error == http::error::end_of_stream ||
         error == http::error::partial_message ||
         error.category() !=
             http::make_error_code(http::error::bad_field).category();
}

// True if the first line ends as one of HTTP does, in whatever version.
bool NamesAVersion(std::string_view head) {
  constexpr std::string_view kEnd = " HTTP/d.d";
  const std::string_view line = head.substr(0, head.find("\r\n"));
  if (line.size() < kEnd.size()) return false;
  const std::string_view end = line.substr(line.size() - kEnd.size());
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return end.starts_with(" HTTP/") && is_digit(end[6]) && end[7] == '.' &&
         is_digit(end[8]);
}

// Of what could not be read as a head.
Answer RefusalOf(const boost::system::error_code& error,
                 std::string_view head) {
  namespace http = boost::beast::http;
  if (error == http::error::header_limit) {
    return ErrorAnswer(431, "HEADER_TOO_LARGE",
                       "the request's head is over the limit");
  }
  if (error == http::error::bad_version && NamesAVersion(head)) {
    return ErrorAnswer(505, "HTTP_VERSION", "only HTTP/1.1 is spoken here");
  }
  return ErrorAnswer(400, "BAD_REQUEST", "this is no HTTP/1.1 request");
}

}  // namespace

Session::Session(std::shared_ptr<ListenerState> listener, Strand strand, int fd,
                 TlsContext tls)
    : listener_(std::move(listener)),
      context_(std::move(tls)),
      strand_(std::move(strand)) {
  if (context_ != nullptr) {
    tls_.emplace(strand_, *context_);
  } else {
    plain_.emplace(strand_);
  }
  ErrorCode ignored;
  socket().assign(boost::asio::generic::stream_protocol(AF_UNSPEC, 0), fd,
                  ignored);
  listener_->counts.open.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  ReleaseBody();
  listener_->counts.open.fetch_sub(1, std::memory_order_relaxed);
  listener_->slots.Leave(*this);
}

void Session::Start() {
  const absl::Duration now = listener_->clock.Uptime();
  waiting_since = absl::ToInt64Nanoseconds(now);
  SetDeadline(listener_->options.header_timeout, Cut::kHeaderTimeout);
  boost::asio::dispatch(strand_, [self = shared_from_this()] {
    if (self->tls_) return self->Shake();
    self->NextRequest();
  });
}

void Session::Shake() {
  tls_->async_handshake(boost::asio::ssl::stream_base::server,
                        [self = shared_from_this()](const ErrorCode& error) {
                          if (self->closed_) return;
                          if (!error) return self->NextRequest();
                          self->listener_->counts.Add(Cut::kHandshake);
                          self->Close();
                        });
}

void Session::NextRequest() {
  if (ending_) return Close();
  head_.reset();
  chunks_.reset();
  sent_headers_.clear();
  request_ = Request();
  route_ = nullptr;
  body_left_ = is_head_ = false;
  const absl::Duration now = listener_->clock.Uptime();
  if (!first_) {
    waiting_since = absl::ToInt64Nanoseconds(now);
    SetDeadline(listener_->options.idle_timeout, Cut::kHeaderTimeout);
  }
  if (buffer_.size() > 0) return OnBytes(0);  // Sent before our answer.
  // A waiting connection holds no more than it must.
  body_ = std::string();
  written_ = Answer();
  if (buffer_.capacity() > kFirstBytes) buffer_ = {};
  WithStream([this](auto& stream) {
    stream.async_read_some(
        buffer_.prepare(kFirstBytes),
        Then([](Session& self, const ErrorCode& error, std::size_t bytes) {
          if (error) return self.Close();
          self.OnBytes(bytes);
        }));
  });
}

void Session::OnBytes(std::size_t bytes) {
  buffer_.commit(bytes);
  // Some clients end a body with one line too many (RFC 9112, section 2.2).
  if (Received().starts_with("\r\n")) {
    buffer_.consume(2);
    if (buffer_.size() == 0) return NextRequest();
  }
  if (!std::exchange(first_, false)) {
    SetDeadline(listener_->options.header_timeout, Cut::kHeaderTimeout);
  }
  ReadHead();
}

void Session::ReadHead() {
  // A head, the line before a chunk and the trailers behind the last are read
  // as a whole: without a bound, one that never ends would take all memory.
  buffer_.max_size(
      static_cast<std::size_t>(listener_->options.max_header_bytes) +
      kReadAhead);
  head_.emplace();
  head_->header_limit(
      static_cast<std::uint32_t>(listener_->options.max_header_bytes));
  // The limit depends on the route, which the head names.
  head_->body_limit(boost::none);
  WithStream([this](auto& stream) {
    boost::beast::http::async_read_header(
        stream, buffer_, *head_,
        Then([](Session& self, const ErrorCode& error, std::size_t) {
          self.OnHead(error);
        }));
  });
}

void Session::OnHead(const ErrorCode& error) {
  started_ = listener_->clock.Uptime();
  waiting_since = kBusy;
  if (error) {
    if (IsEndOfPeer(error)) return Close();
    listener_->counts.Add(Cut::kBadRequest);
    body_left_ = true;
    return Refuse(RefusalOf(error, Received()));
  }
  ClearDeadline();
  if (std::optional<Answer> refusal = CheckHead()) {
    return Refuse(*std::move(refusal));
  }
  looks_for_room_ = 0;
  Admit();
}

void Session::SetDeadline(absl::Duration from_now, httpd::Cut reason) {
  deadline_reason = reason;
  deadline = absl::ToInt64Nanoseconds(listener_->clock.Uptime() + from_now);
}

void Session::ClearDeadline() { deadline = kNever; }

void Session::Cut(httpd::Cut reason) {
  boost::asio::post(strand_, [self = shared_from_this(), reason] {
    if (self->closed_) return;
    // In the meantime its time may have been prolonged.
    const bool timed = reason != httpd::Cut::kMadeRoom;
    if (timed && self->deadline > absl::ToInt64Nanoseconds(
                                      self->listener_->clock.Uptime())) {
      return;
    }
    self->listener_->counts.Add(reason);
    self->Close();
  });
}

void Session::EndSoon() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->ending_ = true;
    if (self->waiting_since != kBusy) self->Close();
  });
}

void Session::Close() {
  if (std::exchange(closed_, true)) return;
  ErrorCode ignored;
  socket().shutdown(Socket::shutdown_both, ignored);
  socket().close(ignored);
}

}  // namespace segrid::httpd
