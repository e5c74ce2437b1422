// A small HTTP/1.1 listener on loopback, for one person's looks.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "client/cli/post.h"
#include "client/result.h"

namespace segrid::cli {

// What an answer is made of. A plain value.
struct PostAnswer {
  unsigned status = 200;
  std::string body{};    // Plain text.
  bool is_last = false;  // Serve no more when it is written.
};

// Bounds of a PostListener.
struct PostListenerLimits {
  std::uint64_t max_body_bytes = 4 << 20;
  std::size_t max_connections = 32;
  std::chrono::seconds timeout{30};  // For a request, and between two.
};

// Takes POSTs at any path of 127.0.0.1 and gives them to a handler, one after
// the other, in the thread that calls Run().
//
// What is no POST, too large or no HTTP is answered here. So is what a web
// page's script sends, because a page that somebody visits could post to his
// own machine otherwise.
// Thread safety: none, but for the stop. Blocking: Run, until its end.
class PostListener {
 public:
  using Handler = std::function<PostAnswer(const Post&)>;

  // Port 0: any free one. UNAVAILABLE when the address is taken.
  static Result<PostListener> Open(std::uint16_t port,
                                   PostListenerLimits limits);

  PostListener(PostListener&&) noexcept;
  PostListener& operator=(PostListener&&) noexcept;
  ~PostListener();

  std::uint16_t port() const;

  // Serves until `stop` or the last answer.
  void Run(const std::stop_token& stop, Handler handler);

 private:
  class Server;
  explicit PostListener(std::unique_ptr<Server> server);

  std::unique_ptr<Server> server_;
};

}  // namespace segrid::cli
