#include "server/app/passed_sockets.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"
#include "core/config/network_address.h"
#include "server/http/listen_socket.h"

namespace segrid::app {
namespace {

constexpr int kFirst = 3;
// The configuration takes 16 addresses for each of three listeners.
constexpr int kMaxSockets = 48;

std::string Variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

absl::Status BadSocket(int descriptor, const std::string& why) {
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "BAD_SOCKET",
      absl::StrCat("descriptor ", descriptor, " of LISTEN_FDS ", why));
}

std::vector<PassedSocket>* ListenerOf(PassedSockets& sockets,
                                      const std::string& name) {
  if (name == "grpc") return &sockets.grpc;
  if (name == "http" || name == "webhook") return &sockets.http;
  if (name == "admin") return &sockets.admin;
  return nullptr;
}

// Replaces `listen`, if there is anything to replace it with.
void Replace(const std::vector<PassedSocket>& sockets,
             std::vector<std::string>& listen) {
  if (sockets.empty()) return;
  listen.clear();
  for (const PassedSocket& socket : sockets) listen.push_back(socket.name);
}

absl::Status CheckReach(const std::vector<PassedSocket>& sockets, bool is_safe,
                        const std::string& what_to_do) {
  for (const PassedSocket& socket : sockets) {
    if (is_safe || config::IsLocal(socket.address)) continue;
    return base::MakeError(
        absl::StatusCode::kInvalidArgument, "INSECURE_LISTEN",
        absl::StrCat("the passed socket ", socket.address,
                     ": other machines can reach it; ", what_to_do));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<PassedSockets> TakePassedSockets() {
  PassedSockets sockets;
  int count = 0;
  if (Variable("LISTEN_PID") != std::to_string(::getpid()) ||
      !absl::SimpleAtoi(Variable("LISTEN_FDS"), &count)) {
    return sockets;
  }
  const std::vector<std::string> names =
      absl::StrSplit(Variable("LISTEN_FDNAMES"), ':');
  for (int i = 0; i < std::min(count, kMaxSockets); ++i) {
    const int descriptor = kFirst + i;
    const auto at = static_cast<std::size_t>(i);
    const std::string name = at < names.size() ? names[at] : "";
    std::vector<PassedSocket>* const listener = ListenerOf(sockets, name);
    if (listener == nullptr) {
      return BadSocket(descriptor,
                       absl::StrCat("is named '", name,
                                    "'; FileDescriptorName= of its unit must "
                                    "be grpc, http (or webhook) or admin"));
    }
    const auto address = httpd::ListenSocket::AddressOf(descriptor);
    if (!address.ok()) {
      return BadSocket(descriptor, std::string(address.status().message()));
    }
    listener->push_back({httpd::ListenSocket::NameOf(descriptor), *address});
  }
  return sockets;
}

absl::Status ApplySockets(const PassedSockets& sockets,
                          config::Config& config) {
  SEGRID_RETURN_IF_ERROR(CheckReach(
      sockets.grpc,
      config.grpc.allow_insecure_bind || !config.grpc.tls.client_ca.empty(),
      "set grpc.tls with client_ca, or grpc.allow_insecure_bind: true"));
  SEGRID_RETURN_IF_ERROR(CheckReach(
      sockets.http,
      std::all_of(config.webhooks.begin(), config.webhooks.end(),
                  [&config](const auto& webhook) {
                    return config::MayBeReached(config.http, webhook);
                  }),
      "set public_keys of each webhook"));
  SEGRID_RETURN_IF_ERROR(CheckReach(sockets.admin,
                                    config.admin.allow_insecure_bind,
                                    "set admin.allow_insecure_bind: true"));
  Replace(sockets.grpc, config.grpc.listen);
  Replace(sockets.http, config.http.listen);
  Replace(sockets.admin, config.admin.listen);
  config.http.listen_is_default.value &= sockets.http.empty();
  config.admin.listen_is_default.value &= sockets.admin.empty();
  return absl::OkStatus();
}

}  // namespace segrid::app
