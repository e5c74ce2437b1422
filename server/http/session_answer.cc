// The answer, and the end after it.

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "boost/asio/write.hpp"
#include "server/http/session.h"
#include "server/http/session_streams.h"

namespace segrid::httpd {
namespace {

// What a peer may still send after an answer that ends the connection.
constexpr std::size_t kMaxDroppedBytes = 16 << 20;
constexpr absl::Duration kLinger = absl::Seconds(2);

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

std::string HeadOf(const Answer& answer, bool close, absl::Time now) {
  std::string head = absl::StrCat(
      "HTTP/1.1 ", answer.status, " ", Absl(WordsOf(answer.status)),
      "\r\nDate: ",
      absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT", now, absl::UTCTimeZone()),
      "\r\nContent-Type: ", answer.content_type,
      "\r\nContent-Length: ", answer.body.size(),
      "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n");
  for (const auto& [name, value] : answer.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  absl::StrAppend(&head, "Connection: ", close ? "close" : "keep-alive",
                  "\r\n\r\n");
  return head;
}

}  // namespace

void Session::Refuse(Answer answer) {
  ReleaseBody();
  answer.close = answer.close || body_left_;
  Write(std::move(answer));
}

void Session::Write(Answer answer) {
  const bool keeps = chunks_ ? chunks_->get().keep_alive()
                     : head_ ? head_->get().keep_alive()
                             : false;
  written_ = std::move(answer);
  written_.close =
      written_.close || ending_ || listener_->slots.ending() || !keeps;
  listener_->counts.AddAnswer(written_.status);
  written_head_ = HeadOf(written_, written_.close, listener_->clock.Now());
  if (is_head_) written_.body.clear();
  SetDeadline(listener_->options.answer_timeout, Cut::kAnswerTimeout);
  const std::array<boost::asio::const_buffer, 2> parts = {
      boost::asio::buffer(written_head_), boost::asio::buffer(written_.body)};
  WithStream([this, &parts](auto& stream) {
    boost::asio::async_write(stream, parts,
                             Then([](Session& self, const ErrorCode& error,
                                     std::size_t) { self.OnWritten(error); }));
  });
}

void Session::OnWritten(const ErrorCode& error) {
  listener_->counts.seconds.Observe(listener_->clock.Uptime() - started_);
  if (error) return Close();
  if (!written_.close) return NextRequest();
  if (body_left_) return Linger();
  if (!tls_) return Close();
  SetDeadline(kLinger, Cut::kAnswerTimeout);
  tls_->async_shutdown(
      [self = shared_from_this()](const ErrorCode&) { self->Close(); });
}

void Session::Linger() {
  SetDeadline(kLinger, Cut::kBodyTimeout);
  ErrorCode ignored;
  socket().shutdown(Socket::shutdown_send, ignored);
  buffer_ = {};
  Drop(0);
}

void Session::Drop(std::size_t bytes) {
  dropped_bytes_ += bytes;
  if (dropped_bytes_ > kMaxDroppedBytes) return Close();
  // Below TLS: what comes is not looked at.
  socket().async_read_some(
      buffer_.prepare(64 << 10),
      Then([](Session& self, const ErrorCode& error, std::size_t more) {
        if (error) return self.Close();
        self.Drop(more);
      }));
}

}  // namespace segrid::httpd
