// Bytes over a connected socket, plain or TLS.

#pragma once

#include <openssl/ssl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "boost/asio/any_io_executor.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/strand.hpp"
#include "boost/system/error_code.hpp"

namespace segrid::http {

// OpenSSL reads from and writes to the socket itself, until it would block:
// that saves the copies and the hand-overs between threads that a stream over
// buffers needs for every record.
//
// Ownership:     owns the socket. Each `done` keeps what owns the transport.
// Thread safety: everything runs on the strand.
// Blocking:      never; a `done` may run inline.
// Errors:        error codes. The end of the stream is asio::error::eof; an end
//                without TLS's goodbye is ssl::error::stream_truncated.
class Transport {
 public:
  using ErrorCode = boost::system::error_code;
  using Strand = boost::asio::strand<boost::asio::any_io_executor>;
  using Socket = boost::asio::ip::tcp::socket;
  using Done = std::function<void(const ErrorCode&, std::size_t bytes)>;

  explicit Transport(const Strand& strand) : socket_(strand) {}

  Socket& socket() { return socket_; }

  // Call when the socket is connected, before all that follows.
  ErrorCode Begin();

  // Shakes hands and verifies that the other side is `host`; what follows is
  // encrypted. `context` must outlive the transport.
  void Shake(boost::asio::ssl::context& context, const std::string& host,
             Done done);

  // After Shake() failed: what is wrong with the other side's certificate, to
  // be added to the error's message; empty when it is something else.
  std::string WhyUntrusted() const;

  // Writes all of `pieces`, one after the other; their bytes must live until
  // `done` runs. One call at a time.
  void Write(std::vector<std::string_view> pieces, Done done);

  // Reads at least one byte and at most `size`.
  void Read(char* into, std::size_t size, Done done);

  // Says what the other side sent and nobody read, in the socket and in what
  // OpenSSL read ahead. Call between reads.
  enum class Unread {
    kNothing,
    kPartOfARecord,  // A TLS record; may be a session ticket's.
    kBytesOrEnd,     // Bytes for us, or it closed, or the connection broke.
  };
  Unread FindUnread();

 private:
  // Returns bytes done, or what OpenSSL or the system says otherwise.
  using Step = std::function<int()>;

  // Repeats `step` whenever the socket is ready, until it gets something done.
  void Go(Step step, Done done);
  // Why `step` gave `result`, no success. True: wait for `wait`.
  bool MustWait(int result, Socket::wait_type& wait, ErrorCode& error) const;
  void WriteNext(Done done);
  void WriteAll(std::string_view bytes, Done done);
  int WriteSome(std::string_view bytes);
  // Gives what to write next: a large piece as it is, small ones gathered.
  // Empty at the end.
  std::string_view Gather();

  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  Socket socket_;
  std::unique_ptr<SSL, FreeSsl> ssl_;  // Null: plain.
  std::vector<std::string_view> pieces_;
  std::size_t next_piece_ = 0;
  std::string gathered_;
};

}  // namespace segrid::http
