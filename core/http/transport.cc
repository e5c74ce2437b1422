#include "core/http/transport.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/asio/error.hpp"
#include "boost/asio/ssl/error.hpp"
#include "boost/asio/ssl/host_name_verification.hpp"
#include "boost/asio/ssl/verify_context.hpp"
#include "core/http/endpoint.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;

// The most that TLS encrypts at once.
constexpr std::size_t kRecordBytes = 16 << 10;

bool WouldBlock(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

// A BIO for a socket that belongs to another; its data is the descriptor.
// OpenSSL's own would raise SIGPIPE.
int DescriptorOf(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int BioWrite(BIO* bio, const char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(DescriptorOf(bio), data,
                              static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && WouldBlock(errno)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int BioRead(BIO* bio, char* data, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t got =
      ::recv(DescriptorOf(bio), data, static_cast<std::size_t>(size), 0);
  if (got < 0 && WouldBlock(errno)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long BioControl(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// Made once, never changed, and as long-lived as the process.
const BIO_METHOD* SocketMethod() {
  static const BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(
        BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "segrid socket");
    BIO_meth_set_write(method, BioWrite);
    BIO_meth_set_read(method, BioRead);
    BIO_meth_set_ctrl(method, BioControl);
    return method;
  }();
  return kMethod;
}

boost::system::error_code LastTlsError() {
  return {static_cast<int>(ERR_get_error()), asio::error::get_ssl_category()};
}

int Clamped(std::size_t size) {
  constexpr std::size_t kMax = std::numeric_limits<int>::max() / 2;
  return static_cast<int>(std::min(size, kMax));
}

// RFC 6125; for addresses, those of the certificate.
int VerifyHost(int preverified, X509_STORE_CTX* store) {
  const auto* ssl = static_cast<SSL*>(
      X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  const auto* host = static_cast<const std::string*>(SSL_get_app_data(ssl));
  asio::ssl::verify_context context(store);
  if (asio::ssl::host_name_verification(*host)(preverified == 1, context)) {
    return 1;
  }
  if (preverified == 1) {
    X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
  }
  return 0;
}

}  // namespace

Transport::ErrorCode Transport::Begin() {
  ErrorCode error;
  socket_.native_non_blocking(true, error);
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  return error;
}

void Transport::Shake(asio::ssl::context& context, const std::string& host,
                      Done done) {
  ssl_.reset(SSL_new(context.native_handle()));
  BIO* const bio = BIO_new(SocketMethod());
  if (ssl_ == nullptr || bio == nullptr) {
    BIO_free(bio);
    return done(asio::error::no_memory, 0);
  }
  BIO_set_data(bio, reinterpret_cast<void*>(
                        static_cast<std::intptr_t>(socket_.native_handle())));
  BIO_set_init(bio, 1);
  SSL* const ssl = ssl_.get();
  SSL_set_bio(ssl, bio, bio);
  SSL_set_read_ahead(ssl, 1);
  SSL_set_app_data(ssl, const_cast<std::string*>(&host));
  SSL_set_verify(ssl, SSL_VERIFY_PEER, VerifyHost);
  // SNI is for names only (RFC 6066, section 3).
  if (!IsIpAddress(host) && SSL_set_tlsext_host_name(ssl, host.c_str()) != 1) {
    return done(asio::error::name_too_long, 0);
  }
  Go([ssl] { return SSL_connect(ssl); }, std::move(done));
}

std::string Transport::WhyUntrusted() const {
  const long problem =
      ssl_ == nullptr ? X509_V_OK : SSL_get_verify_result(ssl_.get());
  if (problem == X509_V_OK) return "";
  return absl::StrCat(": ", X509_verify_cert_error_string(problem),
                      "; check endpoint and ca_file");
}

void Transport::Write(std::vector<std::string_view> pieces, Done done) {
  pieces_ = std::move(pieces);
  next_piece_ = 0;
  WriteNext(std::move(done));
}

void Transport::WriteNext(Done done) {
  const std::string_view next = Gather();
  if (next.empty()) return done(ErrorCode(), 0);
  WriteAll(next, [this, done = std::move(done)](const ErrorCode& error,
                                                std::size_t) mutable {
    if (error) return done(error, 0);
    WriteNext(std::move(done));
  });
}

std::string_view Transport::Gather() {
  gathered_.clear();
  while (next_piece_ < pieces_.size() && gathered_.size() < kRecordBytes) {
    std::string_view& piece = pieces_[next_piece_];
    if (gathered_.empty() && piece.size() >= kRecordBytes) {
      ++next_piece_;
      return piece;
    }
    const std::size_t taken =
        std::min(piece.size(), kRecordBytes - gathered_.size());
    gathered_ += piece.substr(0, taken);
    piece.remove_prefix(taken);
    if (piece.empty()) ++next_piece_;
  }
  return gathered_;
}

void Transport::WriteAll(std::string_view bytes, Done done) {
  if (bytes.empty()) return done(ErrorCode(), 0);
  Go([this, bytes] { return WriteSome(bytes); },
     [this, bytes, done = std::move(done)](const ErrorCode& error,
                                           std::size_t written) mutable {
       if (error) return done(error, 0);
       WriteAll(bytes.substr(written), std::move(done));
     });
}

int Transport::WriteSome(std::string_view bytes) {
  const int size = Clamped(bytes.size());
  if (ssl_ != nullptr) return SSL_write(ssl_.get(), bytes.data(), size);
  return static_cast<int>(::send(socket_.native_handle(), bytes.data(),
                                 static_cast<std::size_t>(size), MSG_NOSIGNAL));
}

void Transport::Read(char* into, std::size_t size, Done done) {
  Go(
      [this, into, size] {
        if (ssl_ != nullptr) return SSL_read(ssl_.get(), into, Clamped(size));
        return static_cast<int>(::recv(socket_.native_handle(), into, size, 0));
      },
      std::move(done));
}

Transport::Unread Transport::FindUnread() {
  if (!socket_.is_open()) return Unread::kBytesOrEnd;
  char byte = 0;
  if (ssl_ == nullptr) {
    const ssize_t got =
        ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && WouldBlock(errno) ? Unread::kNothing
                                        : Unread::kBytesOrEnd;
  }
  // Reads whatever the socket has, and takes what is not for us (session
  // tickets) out of the way.
  ERR_clear_error();
  const int peeked = SSL_peek(ssl_.get(), &byte, 1);
  if (peeked > 0 || SSL_get_error(ssl_.get(), peeked) != SSL_ERROR_WANT_READ) {
    return Unread::kBytesOrEnd;
  }
  return SSL_has_pending(ssl_.get()) == 1 ? Unread::kPartOfARecord
                                          : Unread::kNothing;
}

void Transport::Go(Step step, Done done) {
  ERR_clear_error();
  errno = 0;
  const int result = step();
  if (result > 0) return done(ErrorCode(), static_cast<std::size_t>(result));
  Socket::wait_type wait = Socket::wait_read;
  ErrorCode error;
  if (!MustWait(result, wait, error)) return done(error, 0);
  socket_.async_wait(wait, [this, step = std::move(step),
                            done = std::move(done)](const ErrorCode& stopped) {
    if (stopped) return done(stopped, 0);
    // Closed after it became ready: the descriptor may be another's by now.
    if (!socket_.is_open()) return done(asio::error::operation_aborted, 0);
    Go(step, done);
  });
}

bool Transport::MustWait(int result, Socket::wait_type& wait,
                         ErrorCode& error) const {
  const int system = errno;
  const auto of_system = [system](ErrorCode at_end) {
    return system != 0 ? ErrorCode(system, boost::system::system_category())
                       : at_end;
  };
  if (ssl_ == nullptr) {
    // Only reading ends with 0.
    const bool blocked = result < 0 && WouldBlock(system);
    if (!blocked) error = result < 0 ? of_system({}) : asio::error::eof;
    return blocked;
  }
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      wait = Socket::wait_read;
      return true;
    case SSL_ERROR_WANT_WRITE:
      wait = Socket::wait_write;
      return true;
    case SSL_ERROR_ZERO_RETURN:
      error = asio::error::eof;
      return false;
    case SSL_ERROR_SYSCALL:
      error = of_system(asio::ssl::error::stream_truncated);
      return false;
    default:
      error = LastTlsError();
      return false;
  }
}

}  // namespace segrid::http
