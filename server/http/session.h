// One connection: reads requests and writes answers, one after the other.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/generic/stream_protocol.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/fields.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/string_body.hpp"
#include "server/http/listener_state.h"

namespace segrid::httpd {

// The life of a connection: [handshake] → wait → head → [body] → work → answer
// → wait … Each step has its time; see Options. What is wrong with a request is
// answered where that is possible, then the connection ends.
//
// Ownership:     held by the tasks that run or wait for it.
// Thread safety: Start, Cut and EndSoon from any thread; everything else runs
//                on the strand.
// Blocking:      never, but for what a route does.
class Session final : public Slot,
                      public std::enable_shared_from_this<Session> {
 public:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                       Strand>;

  // Takes over `fd`. `tls` is null for plain HTTP.
  Session(std::shared_ptr<ListenerState> listener, Strand strand, int fd,
          TlsContext tls);
  ~Session() override;

  void Start();
  void Cut(httpd::Cut reason) override;
  void EndSoon() override;

 private:
  using ErrorCode = boost::system::error_code;

  // Runs `f` with the plain or the TLS stream.
  template <typename F>
  void WithStream(F f);
  // A completion handler that keeps the session and skips it once closed.
  template <typename F>
  auto Then(F f);

  // session.cc: waiting, heads, the end.
  void Shake();
  void NextRequest();
  void OnBytes(std::size_t bytes);
  void ReadHead();
  void OnHead(const ErrorCode& error);
  // What came and was not read as part of a request yet.
  std::string_view Received() const {
    return {static_cast<const char*>(buffer_.data().data()), buffer_.size()};
  }
  void Close();
  void SetDeadline(absl::Duration from_now, httpd::Cut reason);
  void ClearDeadline();

  // session_body.cc: from a good head to the answer.
  std::optional<Answer> CheckHead();
  // Goes on when there is room for the body; refuses after a while without.
  void Admit();
  void Continue();
  void ReadBody();
  void ReadKnownLength(std::size_t length);
  void ReadChunks();
  void OnBody(const ErrorCode& error, bool too_large);
  bool HasLongTrailers(const ErrorCode& error) const;
  void Work();
  void ReleaseBody();

  // session_answer.cc.
  // Answers what was found wrong with a request whose body was not read.
  void Refuse(Answer answer);
  void Write(Answer answer);
  void OnWritten(const ErrorCode& error);
  // Lets the peer read the answer although it still sends: a socket that is
  // closed with unread bytes takes its last words back.
  void Linger();
  void Drop(std::size_t bytes);

  const std::shared_ptr<ListenerState> listener_;
  const TlsContext context_;
  Strand strand_;
  std::optional<Socket> plain_;
  std::optional<boost::asio::ssl::stream<Socket>> tls_;
  Socket& socket() { return tls_ ? tls_->next_layer() : *plain_; }

  boost::beast::flat_buffer buffer_;
  std::optional<
      boost::beast::http::request_parser<boost::beast::http::empty_body>>
      head_;
  std::optional<
      boost::beast::http::request_parser<boost::beast::http::string_body>>
      chunks_;
  boost::beast::http::fields sent_headers_;  // When the body is in chunks.
  const Route* route_ = nullptr;
  Request request_;
  std::string body_;
  std::int64_t reserved_bytes_ = 0;
  boost::asio::steady_timer room_timer_{strand_};
  int looks_for_room_ = 0;  // Of this request.
  absl::Duration started_;
  bool first_ = true;
  bool closed_ = false;
  bool ending_ = false;     // After the current answer.
  bool body_left_ = false;  // The request's body was not read.
  bool is_head_ = false;    // The answer goes without its body.
  std::string written_head_;
  Answer written_;
  std::size_t dropped_bytes_ = 0;
};

}  // namespace segrid::httpd
