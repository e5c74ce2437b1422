// From a good head to the work: checks, limits, `Expect: 100-continue`, the
// body.

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/string.hpp"
#include "boost/beast/http/read.hpp"
#include "server/http/session.h"
#include "server/http/session_streams.h"

namespace segrid::httpd {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::int64_t kRetrySeconds = 1;
constexpr int kLooksForRoom = 2;  // After the first.

std::string_view View(boost::beast::string_view text) {
  return {text.data(), text.size()};
}

// What of a target names something here: a proxy asks for all of the URL.
std::string_view OriginForm(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  constexpr std::string_view kTlsScheme = "https://";
  std::size_t host = std::string_view::npos;
  for (const std::string_view scheme : {kScheme, kTlsScheme}) {
    if (boost::beast::iequals(
            {target.data(), std::min(target.size(), scheme.size())},
            {scheme.data(), scheme.size()})) {
      host = scheme.size();
    }
  }
  if (host == std::string_view::npos) return target;
  const std::size_t path = target.find_first_of("/?", host);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

// Whether the body comes in chunks and nothing more is done to it, or as it is.
bool IsKnownCoding(const http::fields& headers) {
  const auto [begin, end] = headers.equal_range(http::field::transfer_encoding);
  return begin == end || (std::next(begin) == end &&
                          boost::beast::iequals(begin->value(), "chunked"));
}

Answer NoSuchPath() {
  return ErrorAnswer(404, "NOT_FOUND", "there is nothing at this path");
}

Answer WrongMethod(std::string methods) {
  Answer answer = ErrorAnswer(405, "METHOD_NOT_ALLOWED",
                              "this path does not take this method");
  answer.headers.emplace_back("Allow", std::move(methods));
  return answer;
}

Answer TooLarge() {
  return ErrorAnswer(413, "BODY_TOO_LARGE", "the body is over the limit");
}

}  // namespace

std::optional<Answer> Session::CheckHead() {
  const auto& head = head_->get();
  body_left_ = !head_->is_done();
  is_head_ = head.method() == http::verb::head;
  if (std::distance(head.begin(), head.end()) >
      listener_->options.max_headers) {
    body_left_ = true;
    return ErrorAnswer(431, "TOO_MANY_HEADERS",
                       "the request has too many headers");
  }
  if (head.version() != 11 && head.version() != 10) {
    body_left_ = true;
    return ErrorAnswer(505, "HTTP_VERSION", "only HTTP/1.1 is spoken here");
  }
  const auto hosts = head.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && head.version() == 11)) {
    body_left_ = true;
    return ErrorAnswer(400, "BAD_HOST", "the request needs one Host header");
  }
  if (!IsKnownCoding(head)) {
    body_left_ = true;
    return ErrorAnswer(501, "TRANSFER_CODING",
                       "chunked is the only transfer coding");
  }
  const std::string_view target = OriginForm(View(head.target()));
  const std::size_t mark = std::min(target.find('?'), target.size());
  request_.method = View(head.method_string());
  request_.path = target.substr(0, mark);
  request_.query = target.substr(std::min(mark + 1, target.size()));
  request_.headers = &head;
  route_ = listener_->router.Find(request_.method, request_.path);
  if (route_ == nullptr) {
    std::string methods = listener_->router.AllowedMethods(request_.path);
    return methods.empty() ? NoSuchPath() : WrongMethod(std::move(methods));
  }
  if (route_->before_body) {
    if (auto refusal = route_->before_body(request_)) return refusal;
  }
  const auto length = head_->content_length();
  if (body_left_ && length &&
      *length > static_cast<std::uint64_t>(route_->max_body_bytes)) {
    return TooLarge();
  }
  return std::nullopt;
}

void Session::Admit() {
  if (!body_left_) return Continue();
  // Unknown beforehand when chunked.
  const auto length = head_->content_length();
  const std::int64_t bytes =
      length ? static_cast<std::int64_t>(*length) : route_->max_body_bytes;
  if (listener_->bytes_in_flight.Add(bytes)) {
    reserved_bytes_ = bytes;
    return Continue();
  }
  if (looks_for_room_++ == kLooksForRoom) {
    return Refuse(RetryAnswer(429, "OVERLOADED",
                              "too much is being worked on; come back later",
                              kRetrySeconds));
  }
  room_timer_.expires_after(
      absl::ToChronoMilliseconds(listener_->options.room_timeout) /
      kLooksForRoom);
  room_timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (!error && !self->closed_) self->Admit();
  });
}

void Session::Continue() {
  const auto& head = head_->get();
  const auto expect = head.find(http::field::expect);
  if (expect == head.end() || !body_left_ || head.version() == 10) {
    return ReadBody();
  }
  if (!boost::beast::iequals(expect->value(), "100-continue")) {
    return Refuse(
        ErrorAnswer(417, "BAD_EXPECT", "only 100-continue can be expected"));
  }
  if (buffer_.size() > 0) return ReadBody();  // It did not wait for us.
  SetDeadline(listener_->options.answer_timeout, Cut::kAnswerTimeout);
  WithStream([this](auto& stream) {
    boost::asio::async_write(
        stream, boost::asio::buffer(kContinue),
        Then([](Session& self, const ErrorCode& error, std::size_t) {
          if (error) return self.Close();
          self.ReadBody();
        }));
  });
}

void Session::ReadBody() {
  if (!body_left_) return Work();
  SetDeadline(listener_->options.body_timeout, Cut::kBodyTimeout);
  if (const auto length = head_->content_length()) {
    return ReadKnownLength(static_cast<std::size_t>(*length));
  }
  ReadChunks();
}

void Session::ReadKnownLength(std::size_t length) {
  body_.resize(length);
  const std::size_t here = std::min(buffer_.size(), length);
  std::memcpy(body_.data(), buffer_.data().data(), here);
  buffer_.consume(here);
  if (here == length) return OnBody({}, false);
  WithStream([this, here](auto& stream) {
    boost::asio::async_read(
        stream, boost::asio::buffer(body_.data() + here, body_.size() - here),
        Then([](Session& self, const ErrorCode& error, std::size_t) {
          self.OnBody(error, false);
        }));
  });
}

void Session::ReadChunks() {
  // Without the trailers, which come too late to say how to read the body.
  sent_headers_ = head_->get().base();
  request_.headers = &sent_headers_;
  chunks_.emplace(*std::move(head_));
  chunks_->body_limit(static_cast<std::uint64_t>(route_->max_body_bytes));
  WithStream([this](auto& stream) {
    http::async_read(
        stream, buffer_, *chunks_,
        Then([](Session& self, const ErrorCode& error, std::size_t) {
          self.body_ = std::move(self.chunks_->get().body());
          self.OnBody(error, error == http::error::body_limit);
        }));
  });
}

void Session::OnBody(const ErrorCode& error, bool too_large) {
  ClearDeadline();
  if (too_large) return Refuse(TooLarge());
  if (HasLongTrailers(error)) {
    listener_->counts.Add(Cut::kBadRequest);
    return Refuse(ErrorAnswer(431, "HEADER_TOO_LARGE",
                              "the trailers, or what a chunk says besides its "
                              "size, are over the limit"));
  }
  const bool is_http = error.category() ==
                       http::make_error_code(http::error::bad_chunk).category();
  if (error && is_http && error != http::error::partial_message) {
    listener_->counts.Add(Cut::kBadRequest);
    return Refuse(
        ErrorAnswer(400, "BAD_REQUEST", "the body's framing is wrong"));
  }
  if (error) return Close();
  body_left_ = false;
  Work();
}

bool Session::HasLongTrailers(const ErrorCode& error) const {
  // Both are read as a whole, so the buffer bounds them.
  if (error) {
    return error == http::error::buffer_overflow ||
           error == http::error::header_limit;
  }
  return chunks_ &&
         std::distance(chunks_->get().begin(), chunks_->get().end()) >
             listener_->options.max_headers;
}

void Session::Work() {
  request_.body = body_;
  // Nobody can be told that the peer went away: the work is done once begun.
  route_->handle(request_, [self = shared_from_this()](Answer answer) {
    auto shared = std::make_shared<Answer>(std::move(answer));
    boost::asio::dispatch(self->strand_, [self, shared] {
      self->ReleaseBody();
      if (!self->closed_) self->Write(*std::move(shared));
    });
  });
}

void Session::ReleaseBody() {
  listener_->bytes_in_flight.Remove(std::exchange(reserved_bytes_, 0));
}

}  // namespace segrid::httpd
