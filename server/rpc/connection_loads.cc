#include "server/rpc/connection_loads.h"

#include <arpa/inet.h>
#include <grpc/grpc.h>
#include <grpc/support/alloc.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <charconv>
#include <cstddef>
#include <string_view>

namespace segrid::rpc {
namespace {

constexpr std::int64_t kMaxServers = 100;
constexpr std::int64_t kAllSockets = 1'000'000;

// Takes over what channelz returns.
std::string Take(char* json) {
  std::string text = json == nullptr ? "" : json;
  ::gpr_free(json);
  return text;
}

// The text of `"key":"text"`, looked for from `at` on, which moves behind it.
// channelz writes without spaces, and these texts have nothing to escape. Empty
// at the end.
std::string_view NextText(std::string_view json, std::string_view key,
                          std::size_t& at) {
  std::string sign = "\"";
  sign.append(key).append("\":\"");
  const std::size_t begin = json.find(sign, at);
  if (begin == std::string_view::npos) return "";
  const std::size_t first = begin + sign.size();
  const std::size_t end = json.find('"', first);
  if (end == std::string_view::npos) return "";
  at = end;
  return json.substr(first, end - first);
}

std::int64_t NumberOf(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// A count that is zero is not there.
std::int64_t CountOf(std::string_view json, std::string_view key) {
  std::size_t at = 0;
  return NumberOf(NextText(json, key, at));
}

}  // namespace

ConnectionLoads::Numbers ConnectionLoads::List() const {
  Numbers numbers;
  const std::string servers = Take(::grpc_channelz_get_servers(0));
  std::size_t at = 0;
  for (std::int64_t i = 0; i < kMaxServers; ++i) {
    const std::string_view server = NextText(servers, "serverId", at);
    if (server.empty()) break;
    const std::string sockets = Take(
        ::grpc_channelz_get_server_sockets(NumberOf(server), 0, kAllSockets));
    std::size_t place = 0;
    for (;;) {
      std::string_view name = NextText(sockets, "name", place);
      const std::string_view number = NextText(sockets, "socketId", place);
      if (number.empty()) break;
      // Behind the name of the transport.
      if (const std::size_t space = name.rfind(' ');
          space != std::string_view::npos) {
        name.remove_prefix(space + 1);
      }
      numbers.emplace(name, NumberOf(number));
    }
  }
  return numbers;
}

std::optional<ConnectionLoad> ConnectionLoads::Of(std::int64_t number) const {
  const std::string socket =
      Take(::grpc_channelz_get_socket(static_cast<intptr_t>(number)));
  if (socket.empty()) return std::nullopt;
  return ConnectionLoad{CountOf(socket, "streamsStarted"),
                        CountOf(socket, "streamsSucceeded"),
                        CountOf(socket, "streamsFailed")};
}

std::string ChannelzNameOf(int descriptor) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (::getpeername(descriptor, reinterpret_cast<sockaddr*>(&address), &size) !=
      0) {
    return "";
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto& in = reinterpret_cast<const sockaddr_in&>(address);
    ::inet_ntop(AF_INET, &in.sin_addr, text.data(), text.size());
    return std::string("ipv4:") + text.data() + ":" +
           std::to_string(ntohs(in.sin_port));
  }
  if (address.ss_family != AF_INET6) return "";
  const auto& in = reinterpret_cast<const sockaddr_in6&>(address);
  if (IN6_IS_ADDR_V4MAPPED(&in.sin6_addr)) {
    ::inet_ntop(AF_INET, &in.sin6_addr.s6_addr[12], text.data(), text.size());
    return std::string("ipv4:") + text.data() + ":" +
           std::to_string(ntohs(in.sin6_port));
  }
  ::inet_ntop(AF_INET6, &in.sin6_addr, text.data(), text.size());
  return std::string("ipv6:%5B") + text.data() +
         "%5D:" + std::to_string(ntohs(in.sin6_port));
}

}  // namespace segrid::rpc
