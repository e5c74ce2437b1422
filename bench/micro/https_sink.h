// A server that takes everything, in a process of its own: what it costs is not
// counted as the client's.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace segrid::bench {

// HTTPS on a port of 127.0.0.1, with a certificate for localhost made now.
// Answers every request with 200 and `{"success":true}`. Aborts when it cannot
// start. Make it before the process has threads.
class HttpsSink {
 public:
  HttpsSink();
  ~HttpsSink();
  HttpsSink(const HttpsSink&) = delete;
  HttpsSink& operator=(const HttpsSink&) = delete;

  std::uint16_t port() const { return port_; }
  // PEM file of the certificate, which is its own authority.
  const std::string& ca_file() const { return ca_file_; }

 private:
  std::uint16_t port_ = 0;
  std::string ca_file_;
  pid_t child_ = -1;
};

}  // namespace segrid::bench
