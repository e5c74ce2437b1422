#include "server/auth/authorizer.h"

#include <algorithm>
#include <cstddef>
#include <optional>

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
  return Denied(absl::StatusCode::kPermissionDenied, "ROLE_MISSING",
                std::string("the token lacks the role '")
                    .append(NameOf(role))
                    .append("', which this method needs"));
}

}  // namespace

void Authorizer::Replace(const config::Grpc& config) {
  auto rules = std::make_shared<const Rules>(
      Rules{TokenSet(config.tokens), config.tls.allowed_sans});
  absl::MutexLock lock(&mu_);
  open_ = rules->tokens.empty() && rules->names.empty();
  rules_ = std::move(rules);
}

absl::Status Authorizer::Check(const Caller& caller, Role role) const {
  std::shared_ptr<const Rules> rules;
  {
    absl::MutexLock lock(&mu_);
    rules = rules_;
  }
  const std::vector<std::string>& allowed = rules->names;
  if (!allowed.empty() &&
      std::none_of(caller.names.begin(), caller.names.end(), [&](auto name) {
        return std::find(allowed.begin(), allowed.end(), name) != allowed.end();
      })) {
    return Denied(absl::StatusCode::kPermissionDenied, "CALLER_NOT_ALLOWED",
                  "no name in the caller's certificate is one of "
                  "grpc.tls.allowed_sans");
  }
  if (rules->tokens.empty()) return absl::OkStatus();
  return CheckToken(rules->tokens, caller, role);
}

}  // namespace segrid::auth
