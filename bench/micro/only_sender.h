// The least that sending can cost: one connection, blocking.

#pragma once

#include <openssl/ssl.h>

#include <string>

#include "bench/micro/https_sink.h"

namespace segrid::bench {

// Posts bodies to a sink over TLS, one after the other. Thread safety: none.
class OnlySender {
 public:
  explicit OnlySender(const HttpsSink& sink);
  ~OnlySender();
  OnlySender(const OnlySender&) = delete;
  OnlySender& operator=(const OnlySender&) = delete;

  // Sends a body and reads the answer; `more_headers` end with a line's end.
  // False unless the answer is 200.
  bool Post(const std::string& body, const char* more_headers);

 private:
  bool Write(const std::string& text);

  SSL_CTX* context_;
  SSL* ssl_;
  int socket_;
  bool connected_;
};

}  // namespace segrid::bench
