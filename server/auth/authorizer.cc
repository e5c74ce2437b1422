#include "server/auth/authorizer.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/string_view.h"
#include "core/base/error_info.h"

namespace segrid::auth {
namespace {

constexpr std::string_view kScheme = "bearer ";

absl::Status Denied(absl::StatusCode code, std::string_view reason,
                    const std::string& message) {
  return base::MakeError(code, reason, message);
}

// The token in `authorization`, or "".
std::string_view TokenOf(std::string_view authorization) {
  if (authorization.size() <= kScheme.size() ||
      !absl::EqualsIgnoreCase(
          absl::string_view(authorization.data(), kScheme.size()),
          absl::string_view(kScheme.data(), kScheme.size()))) {
    return "";
  }
  authorization.remove_prefix(kScheme.size());
  // One or more of them stand between the two (RFC 9110, section 11.4).
  const std::size_t start = authorization.find_first_not_of(' ');
  return start == std::string_view::npos ? "" : authorization.substr(start);
}

absl::Status RoleMissing(std::string_view who, Role role) {
  return Denied(absl::StatusCode::kPermissionDenied, "ROLE_MISSING",
                std::string(who)
                    .append(" lacks the role '")
                    .append(NameOf(role))
                    .append("', which this method needs"));
}

absl::Status CheckToken(const TokenSet& tokens, const Caller& caller,
                        Role role) {
  const std::string_view token = TokenOf(caller.authorization);
  if (token.empty()) {
    return Denied(absl::StatusCode::kUnauthenticated, "TOKEN_MISSING",
                  "this server wants a token: send the metadata "
                  "'authorization: Bearer <token>'");
  }
  const std::optional<RoleSet> roles = tokens.Find(token);
  if (!roles.has_value()) {
    return Denied(absl::StatusCode::kUnauthenticated, "TOKEN_UNKNOWN",
                  "the token is not one of grpc.tokens");
  }
  if (roles->Has(role)) return absl::OkStatus();
  return RoleMissing("the token", role);
}

absl::Status CheckIssuer(const ClientAuthority* authority,
                         const Caller& caller) {
  if (authority == nullptr ||
      authority->Issued(caller.certificate, caller.chain)) {
    return absl::OkStatus();
  }
  return Denied(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED",
                "the authority of the caller's certificate is none of "
                "grpc.tls.client_ca any more");
}

}  // namespace

void Authorizer::Replace(const config::Grpc& config, std::string client_ca) {
  absl::MutexLock lock(&mu_);
  if (!first_ca_.has_value()) first_ca_ = client_ca;
  std::shared_ptr<const ClientAuthority> authority =
      rules_ == nullptr ? nullptr : rules_->authority;
  // From the first change on, also when the first ones come back: meanwhile
  // others may have connected.
  if (authority == nullptr ? client_ca != *first_ca_
                           : client_ca != authority->pem()) {
    authority = std::make_shared<const ClientAuthority>(std::move(client_ca));
  }
  rules_ = std::make_shared<const Rules>(
      Rules{TokenSet(config.tokens), AllowedNames(config.tls.allowed_sans),
            std::move(authority)});
  open_ = rules_->tokens.empty() && rules_->names.empty() &&
          rules_->authority == nullptr && config.unix_peers.empty();
  generation_.fetch_add(1, std::memory_order_release);
}

absl::Status Authorizer::Check(const Caller& caller, Role role) const {
  const std::shared_ptr<const Rules> rules = this->rules();
  if (caller.unix_grant.has_value()) {
    if (!caller.unix_grant->roles.Has(role)) {
      return RoleMissing("the peer of the Unix socket", role);
    }
    if (caller.unix_grant->listed) return absl::OkStatus();
  } else {
    if (!rules->names.empty() &&
        std::none_of(
            caller.names.begin(), caller.names.end(),
            [&](const auto& name) { return rules->names.Has(name); })) {
      return Denied(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED",
                    "no name in the caller's certificate is one of "
                    "grpc.tls.allowed_sans");
    }
    if (absl::Status status = CheckIssuer(rules->authority.get(), caller);
        !status.ok()) {
      return status;
    }
  }
  if (rules->tokens.empty()) return absl::OkStatus();
  return CheckToken(rules->tokens, caller, role);
}

std::string Authorizer::Describe(const Caller& caller) const {
  const std::shared_ptr<const Rules> rules = this->rules();
  std::string text;
  if (caller.unix_grant.has_value()) {
    text = "a peer of the Unix socket";
  } else if (!caller.names.empty()) {
    const auto allowed =
        std::find_if(caller.names.begin(), caller.names.end(),
                     [&](const auto& name) { return rules->names.Has(name); });
    text = allowed == caller.names.end() ? caller.names.front().text
                                         : allowed->text;
  } else if (!caller.certificate.empty()) {
    text = "a certificate without a name";
  }
  const std::optional<std::size_t> place =
      rules->tokens.PlaceOf(TokenOf(caller.authorization));
  if (place.has_value()) {
    text.append(text.empty() ? "" : ", ")
        .append("grpc.tokens[")
        .append(std::to_string(*place))
        .append("]");
  }
  return text;
}

absl::Status Authorizer::CheckAuthority(const Caller& caller) const {
  if (caller.unix_grant.has_value()) return absl::OkStatus();
  return CheckIssuer(rules()->authority.get(), caller);
}

}  // namespace segrid::auth
