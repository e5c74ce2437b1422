#include "server/http/acceptor.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <string_view>
#include <utility>

#include "boost/asio/post.hpp"

namespace segrid::httpd {
namespace {

// At a time, so that other work of the pool gets its turn.
constexpr int kMaxAccepts = 64;
// Closed when there are no descriptors, and the wait for that to take effect.
constexpr int kMakeRoomFor = 8;
constexpr std::chrono::milliseconds kPause(10);

std::string_view Refusal(Slots::Verdict verdict) {
  return verdict == Slots::Verdict::kTooManyOfPeer
             ? "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n"
               "Content-Length: 0\r\nConnection: close\r\n\r\n"
             : "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
               "Content-Length: 0\r\nConnection: close\r\n\r\n";
}

}  // namespace

Acceptor::Acceptor(boost::asio::any_io_executor io, ListenSocket socket,
                   std::size_t entrance,
                   std::shared_ptr<ListenerState> listener)
    : address_(socket.address()),
      port_(socket.port()),
      entrance_(entrance),
      io_(std::move(io)),
      listener_(std::move(listener)),
      strand_(boost::asio::make_strand(io_)),
      socket_(std::move(socket)),
      descriptor_(strand_),
      pause_(strand_) {
  boost::system::error_code ignored;
  descriptor_.assign(socket_->fd(), ignored);
}

Acceptor::~Acceptor() {
  if (descriptor_.is_open()) descriptor_.release();
}

void Acceptor::Start() {
  boost::asio::post(strand_, [self = shared_from_this()] { self->Wait(); });
}

void Acceptor::Stop(std::function<void()> done) {
  boost::asio::post(strand_,
                    [self = shared_from_this(), done = std::move(done)] {
                      if (self->descriptor_.is_open())
                        self->descriptor_.release();
                      self->pause_.cancel();
                      self->socket_.reset();
                      done();
                    });
}

void Acceptor::Wait() {
  if (!socket_) return;
  descriptor_.async_wait(
      descriptor_.wait_read,
      [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->Accept();
      });
}

void Acceptor::Accept() {
  for (int i = 0; i < kMaxAccepts && socket_; ++i) {
    if (!AcceptOne()) return;
  }
  Wait();
}

bool Acceptor::AcceptOne() {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  const int fd = ::accept4(socket_->fd(), reinterpret_cast<sockaddr*>(&address),
                           &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) {
    Open(fd, address);
    return true;
  }
  switch (errno) {
    case EAGAIN:
      Wait();
      return false;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      OnExhausted();
      return false;
    default:  // This connection broke before we took it.
      return true;
  }
}

void Acceptor::OnExhausted() {
  listener_->counts.accept_failures.fetch_add(1, std::memory_order_relaxed);
  for (int i = 0; i < kMakeRoomFor && listener_->slots.MakeRoom(); ++i) {
  }
  pause_.expires_after(kPause);
  pause_.async_wait(
      [self = shared_from_this()](const boost::system::error_code& error) {
        if (!error) self->Wait();
      });
}

void Acceptor::Open(int fd, const sockaddr_storage& address) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  TlsContext context = listener_->tls.Get();
  const bool is_plain = context == nullptr;
  auto session = std::make_shared<Session>(
      listener_, boost::asio::make_strand(io_), fd, std::move(context));
  session->entrance = entrance_;
  session->peer = listener_->PeerAt(address);
  const bool expects_proxy_header =
      listener_->options.proxy_protocol && session->peer.is_proxy;
  listener_->counts.accepted.fetch_add(1, std::memory_order_relaxed);
  const Slots::Verdict verdict = listener_->slots.Enter(session);
  if (verdict == Slots::Verdict::kEntered) {
    return session->Start(expects_proxy_header);
  }
  listener_->counts.Add(verdict == Slots::Verdict::kTooMany
                            ? Cut::kTooMany
                            : Cut::kTooManyOfPeer);
  if (!is_plain) return;
  // If that does not go at once, it need not go.
  const std::string_view words = Refusal(verdict);
  if (::send(fd, words.data(), words.size(), MSG_NOSIGNAL) < 0) return;
}

}  // namespace segrid::httpd
