// The bytes of a connection, plain or over TLS.

#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/generic/stream_protocol.hpp"
#include "boost/asio/strand.hpp"
#include "core/tls/handshake_failure.h"
#include "server/http/tls.h"

namespace segrid::httpd {

// OpenSSL reads from and writes to the socket itself, and buffers only while
// something is on its way: a connection that waits costs no buffer at all.
// (asio::ssl::stream keeps 68 KB for each.)
//
// Ownership:     owns the socket. Callbacks must keep the object alive.
// Thread safety: none; everything on the strand, where callbacks run, too. One
//                reading and one writing call at a time.
// Blocking:      never.
class Transport {
 public:
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;
  // False: the peer went away, or what it sent was no TLS.
  using Done = std::function<void(bool ok)>;

  // Takes over `fd`. `tls` is null for plain bytes.
  Transport(Strand strand, int fd, TlsContext tls);
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  bool has_tls() const { return ssl_ != nullptr; }
  // Null without TLS.
  SSL* ssl() const { return ssl_.get(); }
  const TlsContext& context() const { return context_; }

  // Before anything else, where there is TLS.
  void Handshake(Done done);
  // Why it has failed.
  tls::HandshakeFailure handshake_failure() const { return failure_; }
  // Appends what has come, at least one byte.
  void Read(std::string& into, Done done);
  // Reads what has come to the front of `room()`, which is asked when something
  // has come, and sets `count`, which must outlive the call. No room is a
  // failure.
  void ReadInto(std::function<std::span<char>()> room, std::size_t& count,
                Done done);
  void Write(std::string bytes, Done done);
  // Says that nothing more is written.
  void EndWriting();

  // Below TLS: at most `max_bytes`, and not more than there are.
  void ReadRaw(std::string& into, std::size_t max_bytes, Done done);

  // Ends it at once; calls that wait are done with false.
  void Close();

 private:
  enum class Step { kDone, kFailed, kWaitToRead, kWaitToWrite };
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                       Strand>;

  // Repeats `step` as long as it has to wait.
  void Run(std::function<Step()> step, Done done);
  void Wait(Step step, std::function<Step()> again, Done done);
  Step StepOf(int result);
  Step ReadOnce(std::string& into, std::size_t max_bytes);
  Step ReadTlsOnce(std::string& into);
  Step ReadOnceInto(std::span<char> room, std::size_t& count);
  Step WriteOnce(const std::string& bytes, std::size_t& written);

  const TlsContext context_;
  Strand strand_;
  Socket socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;
  tls::HandshakeFailure failure_ = tls::HandshakeFailure::kClosed;
};

}  // namespace segrid::httpd
