// A request as `segrid listen` takes it.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace segrid::cli {

// As it came over the wire. A plain value.
struct Post {
  std::string method{};
  std::string target{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string body{};
  std::string peer{};

  // The value of the only header `name`, in any case of letters; nullopt when
  // there is none or more than one.
  std::optional<std::string_view> Header(std::string_view name) const;

  // How many headers have this name.
  std::size_t CountOf(std::string_view name) const;
};

}  // namespace segrid::cli
