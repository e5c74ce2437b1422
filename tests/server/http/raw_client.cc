#include "tests/server/http/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/absl_view.h"
#include "gtest/gtest.h"

namespace segrid::testing {
namespace {

void SetTimeouts(int fd) {
  const timeval limit = {10, 0};
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

}  // namespace

RawClient::RawClient(int port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  SetTimeouts(fd_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EXPECT_EQ(
      ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0)
      << std::strerror(errno);
}

RawClient::RawClient(const std::string& path)
    : fd_(::socket(AF_UNIX, SOCK_STREAM, 0)) {
  SetTimeouts(fd_);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  EXPECT_EQ(
      ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0)
      << std::strerror(errno);
}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::EndSending() { ::shutdown(fd_, SHUT_WR); }

bool RawClient::Fill() {
  std::array<char, 65'536> chunk;
  const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
  if (got <= 0) return false;
  received_.append(chunk.data(), static_cast<std::size_t>(got));
  return true;
}

std::optional<RawAnswer> RawClient::Read(bool with_body) {
  std::size_t end = 0;
  while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  RawAnswer answer;
  const std::string head = received_.substr(0, end);
  received_.erase(0, end + 4);
  const std::vector<std::string> lines = absl::StrSplit(head, "\r\n");
  EXPECT_EQ(lines[0].substr(0, 9), "HTTP/1.1 ");
  EXPECT_TRUE(absl::SimpleAtoi(lines[0].substr(9, 3), &answer.status));
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::size_t colon = lines[i].find(": ");
    answer.headers[absl::AsciiStrToLower(lines[i].substr(0, colon))] =
        lines[i].substr(colon + 2);
  }
  std::size_t length = 0;
  EXPECT_TRUE(answer.status == 100 ||
              absl::SimpleAtoi(answer.headers["content-length"], &length));
  if (!with_body) return answer;
  while (received_.size() < length) {
    if (!Fill()) return std::nullopt;
  }
  answer.body = received_.substr(0, length);
  received_.erase(0, length);
  return answer;
}

std::optional<std::string> RawClient::ReadToEnd() {
  std::array<char, 65'536> chunk;
  for (;;) {
    const ssize_t got = ::recv(fd_, chunk.data(), chunk.size(), 0);
    if (got < 0 && errno != ECONNRESET) return std::nullopt;
    if (got <= 0) return std::move(received_);
    received_.append(chunk.data(), static_cast<std::size_t>(got));
  }
}

std::string GetText(std::string_view path, std::string_view headers) {
  return absl::StrCat("GET ", base::Absl(path),
                      " HTTP/1.1\r\nHost: localhost\r\n", base::Absl(headers),
                      "\r\n");
}

std::string PostText(std::string_view path, std::string_view body,
                     std::string_view headers) {
  return absl::StrCat("POST ", base::Absl(path),
                      " HTTP/1.1\r\nHost: localhost\r\n",
                      "Content-Length: ", body.size(), "\r\n",
                      base::Absl(headers), "\r\n", base::Absl(body));
}

}  // namespace segrid::testing
