#include "server/http/transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"

namespace segrid::httpd {
namespace {

// A record of TLS, so that no byte of one waits inside OpenSSL unseen.
constexpr std::size_t kReadBytes = 16 << 10;

bool IsTransient(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

int FdOf(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int BioWrite(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  // OpenSSL's own socket BIO would raise SIGPIPE.
  const auto sent =
      ::send(FdOf(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && IsTransient(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int BioRead(BIO* bio, char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const auto got = ::recv(FdOf(bio), bytes, static_cast<std::size_t>(size), 0);
  if (got < 0 && IsTransient(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long BioControl(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int BioCreate(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

// Lives as long as the process, as those of OpenSSL do.
const BIO_METHOD* SocketMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* const made =
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    BIO_meth_set_write(made, BioWrite);
    BIO_meth_set_read(made, BioRead);
    BIO_meth_set_ctrl(made, BioControl);
    BIO_meth_set_create(made, BioCreate);
    return made;
  }();
  return method;
}

}  // namespace

Transport::Transport(Strand strand, int fd, TlsContext tls)
    : context_(std::move(tls)), strand_(std::move(strand)), socket_(strand_) {
  boost::system::error_code ignored;
  socket_.assign(boost::asio::generic::stream_protocol(AF_UNSPEC, 0), fd,
                 ignored);
  if (context_ == nullptr) return;
  ssl_.reset(SSL_new(context_->context.native_handle()));
  BIO* const bio = BIO_new(SocketMethod());
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  SSL_set_bio(ssl_.get(), bio, bio);
  SSL_set_accept_state(ssl_.get());
}

void Transport::Run(std::function<Step()> step, Done done) {
  const Step result = step();
  if (result == Step::kDone || result == Step::kFailed) {
    // Not inline: a peer that sends on and on would pile call upon call.
    return boost::asio::post(strand_, [ok = result == Step::kDone,
                                       done = std::move(done)] { done(ok); });
  }
  Wait(result, std::move(step), std::move(done));
}

void Transport::Wait(Step step, std::function<Step()> again, Done done) {
  socket_.async_wait(
      step == Step::kWaitToRead ? Socket::wait_read : Socket::wait_write,
      [this, again = std::move(again),
       done = std::move(done)](const boost::system::error_code& error) mutable {
        if (error || !socket_.is_open()) return done(false);
        const Step next = again();
        if (next == Step::kDone || next == Step::kFailed) {
          return done(next == Step::kDone);
        }
        Wait(next, std::move(again), std::move(done));
      });
}

Transport::Step Transport::StepOf(int result) {
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_NONE:
      return Step::kDone;
    case SSL_ERROR_WANT_READ:
      return Step::kWaitToRead;
    case SSL_ERROR_WANT_WRITE:
      return Step::kWaitToWrite;
    default:
      if (!SSL_is_init_finished(ssl_.get())) {
        failure_ = tls::HandshakeFailureOf(ERR_GET_REASON(ERR_peek_error()),
                                           SSL_get_verify_result(ssl_.get()));
      }
      ERR_clear_error();
      return Step::kFailed;
  }
}

void Transport::Handshake(Done done) {
  Run(
      [this] {
        ERR_clear_error();
        return StepOf(SSL_do_handshake(ssl_.get()));
      },
      std::move(done));
}

Transport::Step Transport::ReadOnce(std::string& into, std::size_t max_bytes) {
  std::array<char, kReadBytes> bytes;
  const auto got = ::recv(socket_.native_handle(), bytes.data(),
                          std::min(bytes.size(), max_bytes), 0);
  if (got > 0) {
    into.append(bytes.data(), static_cast<std::size_t>(got));
    return Step::kDone;
  }
  return got < 0 && IsTransient(errno) ? Step::kWaitToRead : Step::kFailed;
}

Transport::Step Transport::ReadTlsOnce(std::string& into) {
  std::array<char, kReadBytes> bytes;
  ERR_clear_error();
  const int got =
      SSL_read(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (got <= 0) return StepOf(got);
  into.append(bytes.data(), static_cast<std::size_t>(got));
  return Step::kDone;
}

void Transport::Read(std::string& into, Done done) {
  if (!has_tls()) return ReadRaw(into, kReadBytes, std::move(done));
  Run([this, &into] { return ReadTlsOnce(into); }, std::move(done));
}

void Transport::ReadRaw(std::string& into, std::size_t max_bytes, Done done) {
  Run([this, &into, max_bytes] { return ReadOnce(into, max_bytes); },
      std::move(done));
}

Transport::Step Transport::ReadOnceInto(std::span<char> room,
                                        std::size_t& count) {
  if (room.empty()) return Step::kFailed;
  if (has_tls()) {
    const std::size_t wanted = std::min(room.size(), kReadBytes);
    ERR_clear_error();
    const int got = SSL_read(ssl_.get(), room.data(), static_cast<int>(wanted));
    if (got <= 0) return StepOf(got);
    count = static_cast<std::size_t>(got);
    return Step::kDone;
  }
  const auto got = ::recv(socket_.native_handle(), room.data(), room.size(), 0);
  if (got > 0) {
    count = static_cast<std::size_t>(got);
    return Step::kDone;
  }
  return got < 0 && IsTransient(errno) ? Step::kWaitToRead : Step::kFailed;
}

void Transport::ReadInto(std::function<std::span<char>()> room,
                         std::size_t& count, Done done) {
  Run([this, room = std::move(room),
       &count] { return ReadOnceInto(room(), count); },
      std::move(done));
}

Transport::Step Transport::WriteOnce(const std::string& bytes,
                                     std::size_t& written) {
  while (written < bytes.size()) {
    const std::size_t left = bytes.size() - written;
    if (has_tls()) {
      ERR_clear_error();
      const int sent =
          SSL_write(ssl_.get(), &bytes[written], static_cast<int>(left));
      if (sent <= 0) return StepOf(sent);
      written += static_cast<std::size_t>(sent);
      continue;
    }
    const auto sent =
        ::send(socket_.native_handle(), &bytes[written], left, MSG_NOSIGNAL);
    if (sent < 0) {
      return IsTransient(errno) ? Step::kWaitToWrite : Step::kFailed;
    }
    written += static_cast<std::size_t>(sent);
  }
  return Step::kDone;
}

void Transport::Write(std::string bytes, Done done) {
  struct Writing {
    std::string bytes;
    std::size_t written = 0;
  };
  auto writing = std::make_shared<Writing>(Writing{std::move(bytes)});
  Run([this, writing] { return WriteOnce(writing->bytes, writing->written); },
      std::move(done));
}

void Transport::EndWriting() {
  if (has_tls() && SSL_is_init_finished(ssl_.get())) {
    ERR_clear_error();
    // If that does not go at once, it need not go.
    if (SSL_shutdown(ssl_.get()) < 0) ERR_clear_error();
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
}

void Transport::Close() {
  // Else OpenSSL would forget a session that the client may resume.
  if (has_tls() && SSL_is_init_finished(ssl_.get())) {
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
  }
  boost::system::error_code ignored;
  socket_.shutdown(Socket::shutdown_both, ignored);
  socket_.close(ignored);
}

}  // namespace segrid::httpd
