#include "tests/testing/scripted_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http.hpp"
#include "tests/client/certificates.h"

namespace segrid::testing {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Socket = asio::ip::tcp::socket;
using boost::system::error_code;

constexpr std::uint64_t kMaxBodyBytes = 64 << 20;

asio::ssl::context MakeContext(const tests::ScratchDir& scratch,
                               const ServerOptions& options) {
  const auto authority = tests::MakeAuthority();
  const auto own = tests::MakeCertificate(authority, options.certificate_name);
  scratch.Write("ca.pem", authority.cert);
  asio::ssl::context context(asio::ssl::context::tls_server);
  context.use_certificate_chain(asio::buffer(own.cert));
  context.use_private_key(asio::buffer(own.key), asio::ssl::context::pem);
  if (!options.client_ca.empty()) {
    context.add_certificate_authority(asio::buffer(options.client_ca));
    context.set_verify_mode(asio::ssl::verify_peer |
                            asio::ssl::verify_fail_if_no_peer_cert);
  }
  return context;
}

std::string Head(const Reply& reply) {
  std::string head = absl::StrCat("HTTP/1.1 ", reply.status, " Scripted\r\n");
  for (const auto& [name, value] : reply.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  if (!reply.keep_alive) head += "Connection: close\r\n";
  absl::StrAppend(&head, "Content-Length: ", reply.body.size(), "\r\n\r\n");
  return head;
}

// While it is corked, a socket sends whole segments only.
void Cork(int descriptor, bool corked) {
  const int on = corked ? 1 : 0;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

}  // namespace

std::string RawResponse(int status, const std::string& body,
                        const std::string& header_lines) {
  return absl::StrCat("HTTP/1.1 ", status, " Scripted\r\n", header_lines,
                      "Content-Length: ", body.size(), "\r\n\r\n", body);
}

ScriptedServer::ScriptedServer(Script script, ServerOptions options)
    : options_(std::move(options)),
      context_(MakeContext(scratch_, options_)),
      acceptor_(io_, {asio::ip::make_address("127.0.0.1"), 0}),
      script_(std::move(script)),
      acceptor_thread_([this] { Accept(); }) {}

ScriptedServer::~ScriptedServer() {
  stopping_.Notify();
  ::shutdown(acceptor_.native_handle(), SHUT_RDWR);
  acceptor_thread_.join();
  CloseConnections();
  std::vector<std::thread> threads;
  {
    absl::MutexLock lock(&mu_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

std::string ScriptedServer::url(const std::string& host) const {
  return absl::StrCat(options_.tls ? "https://" : "http://", host, ":",
                      acceptor_.local_endpoint().port());
}

std::vector<Seen> ScriptedServer::seen() {
  absl::MutexLock lock(&mu_);
  return seen_;
}

void ScriptedServer::CloseConnections() {
  absl::MutexLock lock(&mu_);
  for (const auto& [number, descriptor] : descriptors_) {
    ::shutdown(descriptor, SHUT_RDWR);
  }
}

void ScriptedServer::Accept() {
  while (true) {
    error_code error;
    Socket socket = acceptor_.accept(error);
    if (error || stopping_.HasBeenNotified()) return;
    // Else a second write waits until the first is acknowledged.
    socket.set_option(asio::ip::tcp::no_delay(true), error);
    const int number = ++accepted_;
    absl::MutexLock lock(&mu_);
    descriptors_[number] = socket.native_handle();
    threads_.emplace_back([this, number, s = std::move(socket)]() mutable {
      Serve(std::move(s), number);
    });
  }
}

void ScriptedServer::Serve(Socket socket, int number) {
  Seen seen{.connection = number};
  if (options_.tls) {
    asio::ssl::stream<Socket&> stream(socket, context_);
    error_code error;
    stream.handshake(asio::ssl::stream_base::server, error);
    if (!error) {
      ++shaken_;
      const char* name =
          SSL_get_servername(stream.native_handle(), TLSEXT_NAMETYPE_host_name);
      if (name != nullptr) seen.server_name = name;
      Talk(stream, seen);
    }
  } else {
    Talk(socket, seen);
  }
  absl::MutexLock lock(&mu_);
  descriptors_.erase(number);
  error_code ignored;
  socket.close(ignored);
}

template <typename Stream>
void ScriptedServer::Talk(Stream& stream, Seen seen) {
  boost::beast::flat_buffer buffer;
  while (true) {
    http::request_parser<http::string_body> parser;
    parser.body_limit(kMaxBodyBytes);
    error_code error;
    http::read(stream, buffer, parser, error);
    if (error) return;
    const auto& request = parser.get();
    seen.method = std::string(request.method_string());
    seen.target = std::string(request.target());
    seen.headers.clear();
    for (const auto& field : request) {
      seen.headers[absl::AsciiStrToLower(std::string(field.name_string()))] =
          std::string(field.value());
    }
    seen.body = request.body();
    Reply reply;
    {
      absl::MutexLock lock(&mu_);
      reply = script_(seen);
      seen_.push_back(seen);
    }
    if (!Answer(stream, reply)) return;
  }
}

template <typename Stream>
bool ScriptedServer::Answer(Stream& stream, const Reply& reply) {
  error_code error;
  switch (reply.kind) {
    case Reply::Kind::kClose:
      return false;
    case Reply::Kind::kRaw:
      return WriteRaw(stream, reply) && reply.keep_alive;
    case Reply::Kind::kHang:
      stopping_.WaitForNotification();
      return false;
    case Reply::Kind::kGarbage:
      asio::write(stream, asio::buffer(std::string("SMTP ready\r\n\r\n")),
                  error);
      return false;
    case Reply::Kind::kPartial:
      asio::write(stream,
                  asio::buffer(Head(reply) +
                               reply.body.substr(0, reply.body.size() / 2)),
                  error);
      return false;
    case Reply::Kind::kAnswer:
      asio::write(stream, asio::buffer(Head(reply) + reply.body), error);
      return reply.keep_alive && !error;
  }
  return false;
}

template <typename Stream>
bool ScriptedServer::WriteRaw(Stream& stream, const Reply& reply) {
  const int descriptor = stream.lowest_layer().native_handle();
  for (const RawWrite& write : reply.writes) {
    if (write.before) write.before();
    Cork(descriptor, true);
    error_code error;
    for (const std::string& record : write.records) {
      if (!error) asio::write(stream, asio::buffer(record), error);
    }
    ::send(descriptor, write.below_tls.data(), write.below_tls.size(),
           MSG_NOSIGNAL);
    Cork(descriptor, false);
    if (write.after) write.after();
    if (error) return false;
  }
  return true;
}

}  // namespace segrid::testing
