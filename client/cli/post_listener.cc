#include "client/cli/post_listener.h"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <utility>

namespace segrid::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Parser = http::request_parser<http::string_body>;

constexpr std::uint32_t kMaxHeaderBytes = 64 << 10;

Post PostOf(Parser& parser, const tcp::socket& socket) {
  auto message = parser.release();
  Post post;
  post.method = std::string(message.method_string());
  post.target = std::string(message.target());
  for (const auto& field : message) {
    post.headers.emplace_back(field.name_string(), field.value());
  }
  boost::system::error_code gone;
  const auto peer = socket.remote_endpoint(gone);
  if (!gone) {
    post.peer = peer.address().to_string() + ":" + std::to_string(peer.port());
  }
  post.body = std::move(message.body());
  return post;
}

bool ComesFromAPage(const Post& post) {
  return post.CountOf("Origin") > 0 ||
         post.Header("Sec-Fetch-Site") == "cross-site";
}

// The answer to what is not for the handler; nullopt for what is.
std::optional<PostAnswer> Refuse(const Post& post) {
  if (ComesFromAPage(post)) {
    return PostAnswer{403, "segrid listen takes no posts of web pages\n"};
  }
  if (post.method == "POST") return std::nullopt;
  return PostAnswer{405, "segrid listen is here; send a POST\n"};
}

}  // namespace

class PostListener::Server {
 public:
  explicit Server(PostListenerLimits limits)
      : limits_(limits), acceptor_(io_) {}

  std::optional<std::string> Bind(std::uint16_t port) {
    boost::system::error_code error;
    const tcp::endpoint address(asio::ip::address_v4::loopback(), port);
    acceptor_.open(address.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(address, error);
    if (!error)
      acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (!error) return std::nullopt;
    return error.message();
  }

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void Run(const std::stop_token& stop, Handler handler) {
    handler_ = std::move(handler);
    asio::co_spawn(io_, Accept(), asio::detached);
    const std::stop_callback on_stop(stop, [this] { io_.stop(); });
    io_.run();
  }

 private:
  asio::awaitable<void> Accept() {
    while (true) {
      boost::system::error_code error;
      tcp::socket socket = co_await acceptor_.async_accept(
          asio::redirect_error(asio::use_awaitable, error));
      if (error) {
        // Out of descriptors, perhaps: a connection that ends gives one back.
        asio::steady_timer pause(io_, std::chrono::milliseconds(100));
        co_await pause.async_wait(
            asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      if (connections_ >= limits_.max_connections) continue;  // Closes it.
      ++connections_;
      asio::co_spawn(io_, Serve(beast::tcp_stream(std::move(socket))),
                     [this](const std::exception_ptr&) { --connections_; });
    }
  }

  asio::awaitable<void> Serve(beast::tcp_stream stream) {
    beast::flat_buffer buffer;
    bool keep_alive = true;
    while (keep_alive) {
      Parser parser;
      parser.header_limit(kMaxHeaderBytes);
      parser.body_limit(limits_.max_body_bytes);
      boost::system::error_code error;
      stream.expires_after(limits_.timeout);
      co_await http::async_read_header(
          stream, buffer, parser,
          asio::redirect_error(asio::use_awaitable, error));
      if (!error &&
          beast::iequals(parser.get()[http::field::expect], "100-continue")) {
        co_await Continue(stream, error);
      }
      if (!error) {
        co_await http::async_read(
            stream, buffer, parser,
            asio::redirect_error(asio::use_awaitable, error));
      }
      PostAnswer answer;
      if (error) {
        keep_alive = false;
        answer = AnswerTo(error);
        if (answer.status == 0) break;
      } else {
        keep_alive = parser.keep_alive();
        const Post post = PostOf(parser, stream.socket());
        const std::optional<PostAnswer> refused = Refuse(post);
        answer = refused ? *refused : handler_(post);
      }
      co_await Write(stream, answer, keep_alive, error);
      if (answer.is_last) io_.stop();
      if (error) break;
    }
    boost::system::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  // Status 0: nobody is there who could read an answer.
  static PostAnswer AnswerTo(const boost::system::error_code& error) {
    if (error == http::error::body_limit) {
      return {413, "the body is larger than --max-body\n"};
    }
    if (error == http::error::header_limit) {
      return {431, "the headers are too large\n"};
    }
    const bool gone =
        error == http::error::end_of_stream ||
        error == http::error::partial_message ||
        error.category() != make_error_code(http::error::bad_method).category();
    return {gone ? 0U : 400U, "this is no HTTP/1.1 request\n"};
  }

  asio::awaitable<void> Continue(beast::tcp_stream& stream,
                                 boost::system::error_code& error) {
    http::response<http::empty_body> go_on(http::status::continue_, 11);
    co_await http::async_write(
        stream, go_on, asio::redirect_error(asio::use_awaitable, error));
  }

  asio::awaitable<void> Write(beast::tcp_stream& stream,
                              const PostAnswer& answer, bool keep_alive,
                              boost::system::error_code& error) {
    http::response<http::string_body> response(
        static_cast<http::status>(answer.status), 11);
    response.set(http::field::content_type, "text/plain; charset=utf-8");
    response.keep_alive(keep_alive);
    response.body() = answer.body;
    response.prepare_payload();
    stream.expires_after(limits_.timeout);
    co_await http::async_write(
        stream, response, asio::redirect_error(asio::use_awaitable, error));
  }

  const PostListenerLimits limits_;
  asio::io_context io_{1};
  tcp::acceptor acceptor_;
  Handler handler_;
  std::size_t connections_ = 0;
};

Result<PostListener> PostListener::Open(std::uint16_t port,
                                        PostListenerLimits limits) {
  auto server = std::make_unique<Server>(limits);
  const std::optional<std::string> why = server->Bind(port);
  if (!why) return PostListener(std::move(server));
  Error error;
  error.code = ErrorCode::kUnavailable;
  error.message =
      "cannot listen on 127.0.0.1:" + std::to_string(port) + ": " + *why;
  return error;
}

PostListener::PostListener(std::unique_ptr<Server> server)
    : server_(std::move(server)) {}
PostListener::PostListener(PostListener&&) noexcept = default;
PostListener& PostListener::operator=(PostListener&&) noexcept = default;
PostListener::~PostListener() = default;

std::uint16_t PostListener::port() const { return server_->port(); }

void PostListener::Run(const std::stop_token& stop, Handler handler) {
  server_->Run(stop, std::move(handler));
}

}  // namespace segrid::cli
