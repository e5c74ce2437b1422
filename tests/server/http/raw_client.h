// A client that sends exactly the bytes that the test writes.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace segrid::testing {

struct RawAnswer {
  int status = 0;
  std::map<std::string, std::string> headers{};  // Names in lower case.
  std::string body{};
};

// One connection to 127.0.0.1. Every wait ends after 10 s. Moves only.
class RawClient {
 public:
  explicit RawClient(int port);
  // To a Unix socket.
  explicit RawClient(const std::string& path);
  ~RawClient();
  RawClient(RawClient&& other) noexcept { *this = std::move(other); }
  RawClient& operator=(RawClient&& other) noexcept {
    std::swap(fd_, other.fd_);
    received_.swap(other.received_);
    return *this;
  }

  // False when the other side is gone.
  bool Send(std::string_view bytes);
  // Says that nothing more will come.
  void EndSending();

  // The next answer; nullopt when the connection ends or the time is up. An
  // answer to HEAD has no body: say so.
  std::optional<RawAnswer> Read(bool with_body = true);
  // Everything until the other side closes; nullopt when it does not in time.
  std::optional<std::string> ReadToEnd();
  // True when the other side closes without a word.
  bool IsClosed() { return ReadToEnd() == ""; }

  // Send and Read.
  std::optional<RawAnswer> Ask(std::string_view bytes) {
    Send(bytes);
    return Read();
  }

 private:
  bool Fill();

  int fd_ = -1;
  std::string received_;
};

// A request as clients usually write it. `headers` are whole lines.
std::string GetText(std::string_view path, std::string_view headers = "");
std::string PostText(std::string_view path, std::string_view body,
                     std::string_view headers = "");

}  // namespace segrid::testing
