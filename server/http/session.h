// One connection: reads requests and writes answers, one after the other.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "boost/asio/steady_timer.hpp"
#include "server/http/body_reader.h"
#include "server/http/listener_state.h"
#include "server/http/proxy_header.h"
#include "server/http/request_head.h"
#include "server/http/transport.h"

namespace segrid::httpd {

// The life of a connection: [PROXY header] → [handshake] → wait → head → [body]
// → work → answer → wait … Each step has its time; see Options. What is wrong
// with a request is answered where that is possible, then the connection ends.
//
// Ownership:     held by the tasks that run or wait for it.
// Thread safety: Start, Cut, EndSoon and CheckAgain from any thread; everything
//                else runs on the strand.
// Blocking:      never, but for what a route does.
class Session final : public Slot,
                      public std::enable_shared_from_this<Session> {
 public:
  // Takes over `fd`. `tls` is null for plain HTTP.
  Session(std::shared_ptr<ListenerState> listener, Transport::Strand strand,
          int fd, TlsContext tls);
  ~Session() override;

  // `expects_proxy_header`: the peer is a proxy that says who is behind it.
  void Start(bool expects_proxy_header);
  void Cut(httpd::Cut reason) override;
  void EndSoon() override;
  void CheckAgain() override;

 private:
  // A completion that keeps the session and skips it once closed.
  Transport::Done Then(void (Session::*step)());

  // Before the first request.
  void ReadProxyHeader();
  void Shake();
  void BeginRequests();
  void TellOfHandshake(tls::HandshakeFailure failure);
  // A request's head.
  void NextRequest();
  void OnBytes();
  void ReadHead();
  void OnHead();
  // Its body.
  void Admit();
  void Continue();
  void ReadBody();
  void OnBodyBytes();
  void OnBody(BodyReader::Status status);
  // Runs `step` in a moment, when there may be room for a body; refuses the
  // request after a while.
  void WaitForRoom(void (Session::*step)());
  void Work();
  // True if the peer sends the rest of the body in any case, and it is short:
  // to take it costs less than a new connection.
  bool CanSkipBody() const;
  // Answers that the work takes too long.
  void GiveUpWork();
  // Its answer, and the end.
  void Refuse(Answer answer);
  void Write(Answer answer);
  void OnWritten();
  // Takes the rest of a refused body, so that the connection can go on.
  void SkipBody();
  void Drop();
  void Close();
  void SetDeadline(absl::Duration from_now, httpd::Cut reason);

  // Whether the certificate rules of now would let it in.
  bool IsStillAdmitted() const;

  const std::shared_ptr<ListenerState> listener_;
  Transport::Strand strand_;
  Transport transport_;
  const absl::Duration born_;
  ProxyHeader proxy_header_;

  std::string buffer_;          // What came and is not taken yet.
  std::size_t read_bytes_ = 0;  // What came to its place in the body.
  std::optional<HeadParser> parser_;
  std::shared_ptr<const Router> router_;  // Of the request.
  RequestHead head_;
  BodyReader body_;
  boost::asio::steady_timer room_timer_{strand_};
  int looks_for_room_ = 0;  // Of this request.
  absl::Duration started_;
  bool is_first_ = true;
  bool is_working_ = false;  // On a request that is there as a whole.
  bool is_late_ = false;     // So late that it was answered without the work.
  bool is_writing_ = false;
  bool is_closed_ = false;
  bool is_ending_ = false;         // After the current answer.
  bool closes_after_ = false;      // The answer being written is the last.
  bool has_body_left_ = false;     // The request's body was not read.
  std::size_t skipped_bytes_ = 0;  // Of a refused body, still to come.
  std::size_t dropped_bytes_ = 0;
};

}  // namespace segrid::httpd
