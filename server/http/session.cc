#include "server/http/session.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "boost/beast/core/string.hpp"
#include "core/base/absl_view.h"

namespace segrid::httpd {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::int64_t kRetrySeconds = 1;
constexpr std::int64_t kLateRetrySeconds = 5;
constexpr int kLooksForRoom = 4;  // After the first.

// What the trailers may take beyond what a head may.
constexpr std::size_t kMoreForTrailers = 128 << 10;

// A refused body that is no longer is read, to keep the connection.
constexpr std::size_t kMaxSkippedBytes = 1 << 20;

// What a peer may still send after an answer that ends the connection.
constexpr std::size_t kMaxDroppedBytes = 16 << 20;
constexpr absl::Duration kLinger = absl::Seconds(2);
// For an answer to somebody who is not let in any more.
constexpr absl::Duration kFarewell = absl::Seconds(3);

std::string TextOf(const Answer& answer, bool close, bool is_head,
                   absl::Time now) {
  std::string text = absl::StrCat(
      "HTTP/1.1 ", answer.status, " ", base::Absl(WordsOf(answer.status)),
      "\r\nDate: ",
      absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT", now, absl::UTCTimeZone()),
      "\r\nContent-Type: ", answer.content_type,
      "\r\nContent-Length: ", answer.body.size(),
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  for (const auto& [name, value] : answer.headers) {
    absl::StrAppend(&text, name, ": ", value, "\r\n");
  }
  absl::StrAppend(&text, "Connection: ", close ? "close" : "keep-alive",
                  "\r\n\r\n");
  if (!is_head) text.append(answer.body);
  return text;
}

}  // namespace

Session::Session(std::shared_ptr<ListenerState> listener,
                 Transport::Strand strand, int fd, TlsContext tls)
    : listener_(std::move(listener)),
      strand_(std::move(strand)),
      transport_(strand_, fd, std::move(tls)),
      born_(listener_->clock.Uptime()),
      body_(listener_->body_room) {
  is_shaking = transport_.has_tls();
  listener_->counts.open.fetch_add(1, std::memory_order_relaxed);
}

Session::~Session() {
  listener_->counts.open.fetch_sub(1, std::memory_order_relaxed);
  listener_->slots.Leave(*this);
}

Transport::Done Session::Then(void (Session::*step)()) {
  return [self = shared_from_this(), step](bool ok) {
    if (self->is_closed_) return;
    if (!ok) return self->Close();
    (self.get()->*step)();
  };
}

void Session::Start(bool expects_proxy_header) {
  waiting_since = absl::ToInt64Nanoseconds(born_);
  SetDeadline(listener_->options.header_timeout, Cut::kHeaderTimeout);
  boost::asio::dispatch(strand_,
                        [self = shared_from_this(), expects_proxy_header] {
                          if (self->is_closed_) return;
                          if (expects_proxy_header)
                            return self->ReadProxyHeader();
                          self->BeginRequests();
                        });
}

void Session::ReadProxyHeader() {
  transport_.ReadRaw(
      buffer_, proxy_header_.wanted(), [self = shared_from_this()](bool ok) {
        if (self->is_closed_) return;
        if (!ok) return self->Close();
        const ProxyHeader::State state =
            self->proxy_header_.Feed(std::exchange(self->buffer_, {}));
        if (state == ProxyHeader::State::kMore) return self->ReadProxyHeader();
        if (state == ProxyHeader::State::kBad) {
          self->listener_->counts.Add(Cut::kBadRequest);
          return self->Close();
        }
        if (const auto& address = self->proxy_header_.peer()) {
          if (!self->listener_->slots.Rename(
                  *self, self->listener_->PeerAt(*address))) {
            self->listener_->counts.Add(Cut::kTooManyOfPeer);
            return self->Close();
          }
        }
        self->BeginRequests();
      });
}

void Session::BeginRequests() {
  body_.SetPeer(weak_from_this(), peer.has_share ? peer.name : "");
  if (transport_.has_tls()) return Shake();
  NextRequest();
}

void Session::Shake() {
  transport_.Handshake([self = shared_from_this()](bool ok) {
    if (self->is_closed_) return;
    self->listener_->slots.EndHandshake(*self);
    if (ok && self->IsStillAdmitted()) return self->NextRequest();
    self->listener_->counts.Add(Cut::kHandshake);
    self->TellOfHandshake(ok ? tls::HandshakeFailure::kOther
                             : self->transport_.handshake_failure());
    self->Close();
  });
}

void Session::TellOfHandshake(tls::HandshakeFailure failure) {
  if (listener_->on_handshake) listener_->on_handshake(failure);
}

void Session::NextRequest() {
  if (is_ending_) return Close();
  parser_.reset();
  head_ = RequestHead();
  has_body_left_ = false;
  skipped_bytes_ = 0;
  if (!is_first_) {
    const absl::Duration now = listener_->clock.Uptime();
    const absl::Duration left =
        born_ + listener_->options.max_connection_age - now;
    waiting_since = absl::ToInt64Nanoseconds(now);
    if (left < listener_->options.idle_timeout) {
      SetDeadline(left, Cut::kTooOld);
    } else {
      SetDeadline(listener_->options.idle_timeout, Cut::kHeaderTimeout);
    }
  }
  if (!buffer_.empty()) return OnBytes();  // Sent before our answer.
  buffer_ = std::string();  // A waiting connection holds no memory.
  transport_.Read(buffer_, Then(&Session::OnBytes));
}

void Session::OnBytes() {
  // Some clients end a body with one line too many (RFC 9112, section 2.2).
  if (std::string_view(buffer_).starts_with("\r\n")) {
    buffer_.erase(0, 2);
    if (buffer_.empty()) return NextRequest();
  }
  // The first record of TLS, which no request begins with.
  if (is_first_ && !transport_.has_tls() && buffer_.front() == '\x16') {
    TellOfHandshake(tls::HandshakeFailure::kTlsAtPlain);
  }
  if (!std::exchange(is_first_, false)) {
    SetDeadline(listener_->options.header_timeout, Cut::kHeaderTimeout);
  }
  parser_.emplace();
  parser_->header_limit(
      static_cast<std::uint32_t>(listener_->options.max_header_bytes));
  // The limit depends on the route, which the head names.
  parser_->body_limit(boost::none);
  ReadHead();
}

void Session::ReadHead() {
  boost::system::error_code error;
  buffer_.erase(0, parser_->put(boost::asio::buffer(buffer_), error));
  if (error == http::error::need_more) {
    return transport_.Read(buffer_, Then(&Session::ReadHead));
  }
  started_ = listener_->clock.Uptime();
  waiting_since = kBusy;
  if (!error) return OnHead();
  listener_->counts.Add(Cut::kBadRequest);
  has_body_left_ = true;
  Refuse(HeadRefusal(error, buffer_));
}

void Session::OnHead() {
  deadline = kNever;
  router_ = listener_->router.Get();
  head_ = CheckHead(*parser_, *router_, listener_->options);
  has_body_left_ = head_.has_body || head_.framing_is_unclear;
  if (head_.refusal) return Refuse(*std::move(head_.refusal));
  if (!head_.has_body) return Work();
  const auto& options = listener_->options;
  const auto header_bytes = static_cast<std::size_t>(options.max_header_bytes);
  std::optional<std::uint64_t> length;
  if (const auto announced = parser_->content_length()) length = *announced;
  body_.Begin(length,
              {.max_body_bytes = head_.route->max_body_bytes,
               .max_line_bytes = header_bytes,
               .max_trailer_bytes = header_bytes + kMoreForTrailers,
               .max_trailers = static_cast<std::size_t>(options.max_headers) -
                               head_.headers},
              head_.is_authenticated, started_);
  looks_for_room_ = 0;
  Admit();
}

void Session::Admit() {
  if (!body_.Reserve(listener_->clock.Uptime())) {
    return WaitForRoom(&Session::Admit);
  }
  Continue();
}

void Session::WaitForRoom(void (Session::*step)()) {
  if (looks_for_room_++ == kLooksForRoom) {
    if (CanSkipBody()) skipped_bytes_ = *body_.left_bytes();
    return Refuse(RetryAnswer(429, "OVERLOADED",
                              "too many bytes are being processed; retry later",
                              kRetrySeconds));
  }
  room_timer_.expires_after(
      absl::ToChronoMilliseconds(listener_->options.room_timeout) /
      kLooksForRoom);
  room_timer_.async_wait([self = shared_from_this(),
                          step](const boost::system::error_code& error) {
    if (!error && !self->is_closed_) (self.get()->*step)();
  });
}

void Session::Continue() {
  SetDeadline(listener_->options.body_timeout, Cut::kBodyTimeout);
  const auto& head = parser_->get();
  const auto expect = head.find(http::field::expect);
  if (expect == head.end() || head.version() == 10) return ReadBody();
  if (!boost::beast::iequals(expect->value(), "100-continue")) {
    return Refuse(
        ErrorAnswer(417, "BAD_EXPECT", "only 100-continue can be expected"));
  }
  if (!buffer_.empty()) return ReadBody();  // It did not wait for us.
  transport_.Write(std::string(kContinue), Then(&Session::ReadBody));
}

void Session::ReadBody() {
  BodyReader::Status status = body_.Feed(buffer_);
  while (status == BodyReader::Status::kNoRoom) {
    if (!body_.Reserve(listener_->clock.Uptime())) {
      return WaitForRoom(&Session::ReadBody);
    }
    looks_for_room_ = 0;
    status = body_.Feed(buffer_);
  }
  if (status != BodyReader::Status::kMore) return OnBody(status);
  if (body_.room().empty()) {
    return transport_.Read(buffer_, Then(&Session::ReadBody));
  }
  transport_.ReadInto([this] { return body_.room(); }, read_bytes_,
                      Then(&Session::OnBodyBytes));
}

void Session::OnBodyBytes() {
  body_.Took(std::exchange(read_bytes_, 0));
  ReadBody();
}

void Session::OnBody(BodyReader::Status status) {
  deadline = kNever;
  switch (status) {
    case BodyReader::Status::kDone:
      has_body_left_ = false;
      return Work();
    case BodyReader::Status::kTooLarge:
      return Refuse(BodyTooLarge());
    case BodyReader::Status::kTooLong:
      listener_->counts.Add(Cut::kBadRequest);
      return Refuse(ErrorAnswer(431, "HEADER_TOO_LARGE",
                                "the trailers, or what a chunk says besides "
                                "its size, are over the limit"));
    default:
      listener_->counts.Add(Cut::kBadRequest);
      return Refuse(
          ErrorAnswer(400, "BAD_REQUEST", "the body's framing is wrong"));
  }
}

void Session::Work() {
  is_working_ = true;
  SetDeadline(listener_->options.work_timeout, Cut::kWorkTimeout);
  head_.request.body = body_.body();
  // Nobody can be told that the peer went away: the work is done once begun.
  head_.route->handle(
      head_.request, [self = shared_from_this()](Answer answer) {
        auto shared = std::make_shared<Answer>(std::move(answer));
        boost::asio::dispatch(self->strand_, [self, shared] {
          self->is_working_ = false;
          self->body_.Release();
          if (self->is_closed_ || self->is_late_) return;
          self->Write(*std::move(shared));
        });
      });
}

void Session::GiveUpWork() {
  is_late_ = true;
  Answer answer =
      RetryAnswer(503, "UNAVAILABLE", "this takes too long now; retry later",
                  kLateRetrySeconds);
  answer.close = true;
  Write(std::move(answer));
}

void Session::Refuse(Answer answer) {
  body_.Release();
  answer.close = answer.close || (has_body_left_ && skipped_bytes_ == 0);
  Write(std::move(answer));
}

void Session::Write(Answer answer) {
  const bool keeps =
      parser_ && parser_->is_header_done() && parser_->get().keep_alive();
  const bool is_old = listener_->clock.Uptime() - born_ >=
                      listener_->options.max_connection_age;
  closes_after_ = answer.close || is_ending_ || listener_->slots.ending() ||
                  !keeps || is_old;
  listener_->counts.AddAnswer(answer.status);
  if (!answer.refusal.reason.empty() && listener_->on_refused) {
    listener_->on_refused(answer);
  }
  SetDeadline(listener_->options.answer_timeout, Cut::kAnswerTimeout);
  is_writing_ = true;
  transport_.Write(
      TextOf(answer, closes_after_, head_.is_head, listener_->clock.Now()),
      Then(&Session::OnWritten));
}

void Session::OnWritten() {
  is_writing_ = false;
  listener_->counts.seconds.Observe(listener_->clock.Uptime() - started_);
  if (!closes_after_) {
    if (skipped_bytes_ == 0) return NextRequest();
    SetDeadline(listener_->options.body_timeout, Cut::kBodyTimeout);
    return SkipBody();
  }
  if (!has_body_left_ && !transport_.has_tls()) return Close();
  // Lets the peer read the answer although it still sends: a socket that is
  // closed with unread bytes takes its last words back.
  SetDeadline(kLinger, Cut::kBodyTimeout);
  transport_.EndWriting();
  buffer_.clear();
  Drop();
}

bool Session::CanSkipBody() const {
  const auto& head = parser_->get();
  return body_.left_bytes().value_or(kMaxSkippedBytes + 1) <=
             kMaxSkippedBytes &&
         head.find(http::field::expect) == head.end();
}

void Session::SkipBody() {
  const std::size_t count = std::min(buffer_.size(), skipped_bytes_);
  buffer_.erase(0, count);
  skipped_bytes_ -= count;
  if (skipped_bytes_ == 0) return NextRequest();
  transport_.Read(buffer_, Then(&Session::SkipBody));
}

void Session::Drop() {
  dropped_bytes_ += buffer_.size();
  buffer_.clear();
  if (dropped_bytes_ > kMaxDroppedBytes) return Close();
  transport_.ReadRaw(buffer_, kMaxDroppedBytes, Then(&Session::Drop));
}

void Session::SetDeadline(absl::Duration from_now, httpd::Cut reason) {
  deadline_reason = reason;
  deadline = absl::ToInt64Nanoseconds(listener_->clock.Uptime() + from_now);
}

void Session::Cut(httpd::Cut reason) {
  boost::asio::post(strand_, [self = shared_from_this(), reason] {
    if (self->is_closed_) return;
    // In the meantime its time may have been prolonged, or its body have come.
    if (IsOfTime(reason) &&
        self->deadline >
            absl::ToInt64Nanoseconds(self->listener_->clock.Uptime())) {
      return;
    }
    const bool is_of_body =
        reason == httpd::Cut::kSlowBody || reason == httpd::Cut::kSlowest;
    if (is_of_body && (self->is_working_ || self->is_writing_)) return;
    self->listener_->counts.Add(reason);
    if (reason == httpd::Cut::kHeaderTimeout && self->is_shaking) {
      self->TellOfHandshake(tls::HandshakeFailure::kTimeout);
    }
    if (reason == httpd::Cut::kWorkTimeout) return self->GiveUpWork();
    self->Close();
  });
}

void Session::EndSoon() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    self->is_ending_ = true;
    if (self->waiting_since != kBusy) self->Close();
  });
}

bool Session::IsStillAdmitted() const {
  const TlsContext now = listener_->tls.Get();
  return !transport_.has_tls() || now == nullptr ||
         transport_.context()->rules == now->rules ||
         WouldAdmit(*now, transport_.ssl());
}

void Session::CheckAgain() {
  boost::asio::post(strand_, [self = shared_from_this()] {
    if (self->is_closed_ || self->is_shaking || self->IsStillAdmitted()) return;
    self->is_ending_ = true;
    // What is there as a whole is answered.
    if (self->is_working_) return;
    if (self->is_writing_) {
      self->closes_after_ = true;
      return self->SetDeadline(kFarewell, Cut::kAnswerTimeout);
    }
    self->listener_->counts.Add(Cut::kNotAdmitted);
    self->Close();
  });
}

void Session::Close() {
  if (std::exchange(is_closed_, true)) return;
  room_timer_.cancel();
  transport_.Close();
  if (!is_working_) body_.Release();
}

}  // namespace segrid::httpd
