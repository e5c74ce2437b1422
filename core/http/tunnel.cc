#include "core/http/tunnel.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/empty_body.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/read.hpp"
#include "core/base/error_info.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;
namespace beast_http = boost::beast::http;
using boost::system::error_code;

constexpr std::uint32_t kMaxHeaderBytes = 8 << 10;

absl::Status Failed(const std::string& why) {
  return base::MakeError(absl::StatusCode::kUnavailable, "CONNECT_FAILED", why);
}

// One request, kept by its pending operation.
class Asking : public std::enable_shared_from_this<Asking> {
 public:
  Asking(asio::ip::tcp::socket& socket, std::function<void(absl::Status)> done)
      : socket_(socket), done_(std::move(done)) {}

  void Begin(const Tunnel& tunnel) {
    absl::StrAppend(&request_, "CONNECT ", tunnel.target,
                    " HTTP/1.1\r\nHost: ", tunnel.target, "\r\n");
    if (!tunnel.auth.empty()) {
      absl::StrAppend(&request_, "Proxy-Authorization: Basic ",
                      absl::Base64Escape(tunnel.auth.Reveal()), "\r\n");
    }
    request_ += "\r\n";
    asio::async_write(
        socket_, asio::buffer(request_),
        [self = shared_from_this()](const error_code& error, std::size_t) {
          if (error) return self->done_(Failed(error.message()));
          self->Read();
        });
  }

 private:
  void Read() {
    parser_.emplace();
    // The bytes that follow belong to the target, whatever Content-Length says.
    parser_->skip(true);
    parser_->header_limit(kMaxHeaderBytes);
    beast_http::async_read_header(
        socket_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t) {
          self->OnRead(error);
        });
  }

  void OnRead(const error_code& error) {
    if (error) return done_(Failed(error.message()));
    const unsigned status = parser_->get().result_int();
    const bool interim = status < 200 && status != 101;
    if (interim && ++interim_responses_ <= kMaxInterimResponses) return Read();
    if (status >= 200 && status <= 299) {
      return done_(buffer_.size() == 0 ? absl::OkStatus()
                                       : Failed(kBytesBehindConnect));
    }
    done_(Failed(absl::StrCat(
        "it answers HTTP ", status,
        status == 407 ? ": check proxy_auth" : ": it must allow CONNECT")));
  }

  asio::ip::tcp::socket& socket_;
  const std::function<void(absl::Status)> done_;
  std::string request_;
  boost::beast::flat_buffer buffer_;
  std::optional<beast_http::response_parser<beast_http::empty_body>> parser_;
  int interim_responses_ = 0;
};

}  // namespace

void OpenTunnel(asio::ip::tcp::socket& socket, const Tunnel& tunnel,
                std::function<void(absl::Status)> done) {
  std::make_shared<Asking>(socket, std::move(done))->Begin(tunnel);
}

}  // namespace segrid::http
