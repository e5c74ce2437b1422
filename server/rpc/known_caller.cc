#include "server/rpc/known_caller.h"

#include <grpc/grpc_security_constants.h>

#include <array>
#include <charconv>
#include <utility>

#include "server/rpc/caller_metadata.h"

namespace segrid::rpc {
namespace {

struct Property {
  const char* name;
  auth::NameType type;
};

constexpr std::array<Property, 3> kNames = {
    Property{GRPC_PEER_DNS_PROPERTY_NAME, auth::NameType::kDns},
    Property{GRPC_PEER_URI_PROPERTY_NAME, auth::NameType::kUri},
    Property{GRPC_PEER_IP_PROPERTY_NAME, auth::NameType::kIp}};

std::string_view View(grpc::string_ref text) {
  return {text.data(), text.size()};
}

std::string_view FirstOf(const grpc::AuthContext& proven, const char* name) {
  const auto values = proven.FindPropertyValues(name);
  return values.empty() ? std::string_view() : View(values.front());
}

// `text` is that of SerializeGrant.
auth::UnixGrant ParseGrant(std::string_view text) {
  int bits = 0;
  std::from_chars(text.data(), text.data() + text.size(), bits);
  auth::UnixGrant grant;
  for (const auth::Role role :
       {auth::Role::kTransform, auth::Role::kForward, auth::Role::kAdmin}) {
    if ((bits & static_cast<int>(role)) != 0) grant.roles.Add(role);
  }
  grant.listed = text.back() == '+';
  return grant;
}

}  // namespace

std::string SerializeGrant(const auth::UnixGrant& grant) {
  int bits = 0;
  for (const auth::Role role :
       {auth::Role::kTransform, auth::Role::kForward, auth::Role::kAdmin}) {
    if (grant.roles.Has(role)) bits |= static_cast<int>(role);
  }
  return std::to_string(bits) + (grant.listed ? "+" : "");
}

auth::Caller CallerOf(const grpc::CallbackServerContext& context,
                      std::shared_ptr<const grpc::AuthContext>& proven) {
  auth::Caller caller;
  caller.authorization = MetadataOf(context, "authorization");
  proven = context.auth_context();
  if (proven == nullptr) return caller;
  if (const std::string_view grant = FirstOf(*proven, kUnixGrantProperty);
      !grant.empty()) {
    caller.unix_grant = ParseGrant(grant);
    return caller;
  }
  if (!proven->IsPeerAuthenticated()) return caller;
  for (const auto& [name, type] : kNames) {
    for (const grpc::string_ref& value : proven->FindPropertyValues(name)) {
      caller.names.push_back({type, View(value)});
    }
  }
  caller.certificate = FirstOf(*proven, GRPC_X509_PEM_CERT_PROPERTY_NAME);
  caller.chain = FirstOf(*proven, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
  return caller;
}

KnownCaller::KnownCaller(const auth::Authorizer& authorizer,
                         const grpc::CallbackServerContext& context,
                         std::optional<auth::Role> role)
    : authorizer_(authorizer),
      role_(role),
      authorization_(MetadataOf(context, "authorization")),
      caller_(CallerOf(context, proven_)),
      // None, so that the first Check looks: the rules may have changed since
      // the call was admitted.
      good_(0) {
  caller_.authorization = authorization_;
}

absl::Status KnownCaller::Check() const {
  // Before the check, so that a change during it is seen by the next one.
  const std::uint64_t now = authorizer_.generation();
  if (good_.load(std::memory_order_relaxed) == now) return absl::OkStatus();
  absl::Status status = role_.has_value() ? authorizer_.Check(caller_, *role_)
                                          : authorizer_.CheckAuthority(caller_);
  if (status.ok()) good_.store(now, std::memory_order_relaxed);
  return status;
}

}  // namespace segrid::rpc
