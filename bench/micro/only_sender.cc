#include "bench/micro/only_sender.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>

#include "absl/strings/str_cat.h"

namespace segrid::bench {

OnlySender::OnlySender(const HttpsSink& sink)
    : context_(SSL_CTX_new(TLS_client_method())),
      ssl_(nullptr),
      socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  SSL_CTX_load_verify_locations(context_, sink.ca_file().c_str(), nullptr);
  SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, nullptr);
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(sink.port());
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ssl_ = SSL_new(context_);
  SSL_set_fd(ssl_, socket_);
  SSL_set1_host(ssl_, "localhost");
  connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address),
                         sizeof(address)) == 0 &&
               SSL_connect(ssl_) == 1;
}

OnlySender::~OnlySender() {
  SSL_free(ssl_);
  SSL_CTX_free(context_);
  ::close(socket_);
}

bool OnlySender::Post(const std::string& body, const char* more_headers) {
  const std::string head = absl::StrCat(
      "POST /v1/batch HTTP/1.1\r\nHost: localhost\r\n", more_headers,
      "Content-Type: application/json\r\nContent-Length: ", body.size(),
      "\r\n\r\n");
  char answer[4096];
  if (!connected_ || !Write(head) || !Write(body)) return false;
  const int got = SSL_read(ssl_, answer, sizeof(answer));
  return got > 12 && std::string_view(answer, 12) == "HTTP/1.1 200";
}

bool OnlySender::Write(const std::string& text) {
  return SSL_write(ssl_, text.data(), static_cast<int>(text.size())) > 0;
}

}  // namespace segrid::bench
