// Which code answers which path.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace segrid::httpd {

// What a route says to a request's head.
struct HeadVerdict {
  std::optional<Answer> refusal{};  // Ends the request.
  // The head shows whose it is: it does not have to go when room is short.
  bool is_authenticated = false;
};

// One method of one path.
struct Route {
  std::string method = "GET";  // GET also answers HEAD.
  std::string path{};          // Compared as it is, without patterns.
  bool below = false;          // Instead: each path below it that no other has.
  std::int64_t max_body_bytes = 0;
  // Looks at the head before anything of the body is read. May be empty.
  std::function<HeadVerdict(const Request&)> before_body{};
  std::function<void(const Request&, Respond)> handle{};
};

// Answers with the text that `make` gives, at once.
Route GetRoute(std::string path, std::function<Answer(const Request&)> make);

// The routes of a listener.
//
// Thread safety: Find from any thread while nobody adds.
// Blocking:      never.
class Router {
 public:
  void Add(Route route) { routes_.push_back(std::move(route)); }

  // The route of a request; nullptr when there is none.
  const Route* Find(std::string_view method, std::string_view path) const;

  const std::vector<Route>& routes() const { return routes_; }

  // "GET, HEAD, POST" of a path; empty when nothing is there.
  std::string AllowedMethods(std::string_view path) const;

 private:
  std::vector<Route> routes_;  // Few: a look at each is the fastest way.
};

}  // namespace segrid::httpd
