#include "core/base/database_address.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "core/base/percent.h"

namespace segrid::base {
namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr auto kPostgres =
    std::to_array<std::string_view>({"postgresql://", "postgres://"});
constexpr char kDefaultPort[] = "5432";

// libpq refuses a URL whose escapes are wrong, so they may stay as they are.
std::string Decoded(std::string_view text) {
  return PercentDecoded(text).value_or(std::string(text));
}

struct Url {
  std::string user{};  // As it is written, with a password perhaps.
  std::string hosts{};
  std::string database{};
  std::map<std::string, std::string> parameters{};  // Decoded.
};

Url Parse(std::string_view text) {
  Url url;
  text.remove_prefix(std::min(text.find("://") + 3, text.size()));
  const std::size_t question = text.find('?');
  if (question != std::string_view::npos) {
    const std::vector<std::string> parameters =
        absl::StrSplit(std::string(text.substr(question + 1)), '&');
    for (const std::string& parameter : parameters) {
      const std::size_t equals =
          std::min(parameter.find('='), parameter.size());
      url.parameters[Decoded(parameter.substr(0, equals))] =
          Decoded(std::string_view(parameter).substr(
              std::min(equals + 1, parameter.size())));
    }
    text = text.substr(0, question);
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  url.database = Decoded(text.substr(std::min(slash + 1, text.size())));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) {
    url.user = std::string(authority.substr(0, at));
    authority.remove_prefix(at + 1);
  }
  url.hosts = Decoded(authority);
  return url;
}

// "db1:5432", with the parameters `host` and `port` where they are given.
std::vector<std::string> HostsOf(const Url& url) {
  const auto parameter = [&](const char* name) {
    const auto found = url.parameters.find(name);
    return found == url.parameters.end() ? std::string() : found->second;
  };
  const std::string host = parameter("host");
  std::vector<std::string> hosts =
      absl::StrSplit(host.empty() ? url.hosts : host, ',');
  const std::vector<std::string> ports = absl::StrSplit(parameter("port"), ',');
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    absl::AsciiStrToLower(&hosts[i]);
    const std::string& port = ports[std::min(i, ports.size() - 1)];
    const bool is_socket = hosts[i].empty() || hosts[i][0] == '/';
    const bool has_port =
        !is_socket &&
        hosts[i].find(':', hosts[i].rfind(']') + 1) != std::string::npos;
    if (has_port) continue;
    absl::StrAppend(&hosts[i], ":", port.empty() ? kDefaultPort : port);
  }
  std::sort(hosts.begin(), hosts.end());
  return hosts;
}

}  // namespace

std::optional<std::string> SqliteFileOf(std::string_view address) {
  if (!address.starts_with(kSqlite)) return std::nullopt;
  return std::string(address.substr(kSqlite.size()));
}

bool IsPostgresUrl(std::string_view address) {
  return std::any_of(
      kPostgres.begin(), kPostgres.end(),
      [&](std::string_view scheme) { return address.starts_with(scheme); });
}

bool HasPassword(std::string_view url) {
  const Url parsed = Parse(url);
  return parsed.user.find(':') != std::string::npos ||
         parsed.parameters.contains("password") ||
         parsed.parameters.contains("sslpassword");
}

std::string DatabaseIdentityOf(std::string_view address) {
  if (const auto file = SqliteFileOf(address)) {
    return absl::StrCat(
        std::string(kSqlite),
        std::filesystem::path(*file).lexically_normal().string());
  }
  const Url url = Parse(address);
  std::string database = url.database;
  for (const auto& [name, value] : url.parameters) {
    if (name == "dbname") database = value;
  }
  // PostgreSQL's default is the user's name.
  if (database.empty()) database = url.user.substr(0, url.user.find(':'));
  std::string identity = absl::StrCat(
      "postgresql://", absl::StrJoin(HostsOf(url), ","), "/", database);
  if (const auto service = url.parameters.find("service");
      service != url.parameters.end()) {
    absl::StrAppend(&identity, "?service=", service->second);
  }
  return identity;
}

}  // namespace segrid::base
