#include "server/http/router.h"

#include <utility>

namespace segrid::httpd {

Route GetRoute(std::string path, std::function<Answer(const Request&)> make) {
  Route route;
  route.path = std::move(path);
  route.handle = [make = std::move(make)](const Request& request,
                                          const Respond& respond) {
    respond(make(request));
  };
  return route;
}

const Route* Router::Find(std::string_view method,
                          std::string_view path) const {
  const std::string_view wanted = method == "HEAD" ? "GET" : method;
  const Route* above = nullptr;
  for (const Route& route : routes_) {
    if (route.method != wanted) continue;
    if (route.path == path && !route.below) return &route;
    if (route.below && path.starts_with(route.path + "/")) above = &route;
  }
  return above;
}

std::string Router::AllowedMethods(std::string_view path) const {
  std::string methods;
  for (const Route& route : routes_) {
    if (route.path != path || route.below) continue;
    methods.append(methods.empty() ? "" : ", ").append(route.method);
    if (route.method == "GET") methods.append(", HEAD");
  }
  return methods;
}

}  // namespace segrid::httpd
