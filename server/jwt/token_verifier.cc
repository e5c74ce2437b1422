#include "server/jwt/token_verifier.h"

#include <cjose/cjose.h>
#include <jansson.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "core/base/error_info.h"
#include "core/base/read_file.h"
#include "core/base/status_macros.h"

namespace segrid::jwt {
namespace {

constexpr std::size_t kMaxTokenBytes = 12 << 10;
constexpr std::size_t kMaxFileBytes = 1 << 20;

struct FreeJson {
  void operator()(json_t* json) const { json_decref(json); }
};
using Json = std::unique_ptr<json_t, FreeJson>;

// False unless the part is what encoding its bytes gives: libraries take
// padding, white space and stray bits in the last character, by which one token
// would have many forms.
bool IsBase64Url(absl::string_view part) {
  std::string bytes;
  return absl::WebSafeBase64Unescape(part, &bytes) &&
         absl::WebSafeBase64Escape(bytes) == part;
}

// The object in a part of a token; null when there is none.
Json Decode(absl::string_view part) {
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (!cjose_base64url_decode(part.data(), part.size(), &bytes, &size,
                              nullptr)) {
    return nullptr;
  }
  Json json(json_loadb(reinterpret_cast<const char*>(bytes), size,
                       JSON_REJECT_DUPLICATES, nullptr));
  std::free(bytes);
  return json_is_object(json.get()) ? std::move(json) : nullptr;
}

bool IsText(const json_t* value, const std::string& wanted) {
  return json_is_string(value) &&
         std::string_view(json_string_value(value),
                          json_string_length(value)) == wanted;
}

// `aud` is one name or a list of them.
bool HasAudience(const json_t* value, const std::string& wanted) {
  if (IsText(value, wanted)) return true;
  for (std::size_t i = 0; i < json_array_size(value); ++i) {
    if (IsText(json_array_get(value, i), wanted)) return true;
  }
  return false;
}

// Seconds, maybe with a fraction; nullopt for anything else.
std::optional<absl::Time> TimeOf(const json_t* value) {
  if (!json_is_number(value)) return std::nullopt;
  return absl::UnixEpoch() + absl::Seconds(json_number_value(value));
}

bool AreGood(const json_t* claims, const config::Jwt& options, absl::Time now) {
  const auto claim = [claims](const char* name) {
    return json_object_get(claims, name);
  };
  if (!IsText(claim("iss"), options.issuer) ||
      !HasAudience(claim("aud"), options.audience)) {
    return false;
  }
  const std::optional<absl::Time> end = TimeOf(claim("exp"));
  if (!end.has_value() || now >= *end + options.leeway) return false;
  for (const char* name : {"nbf", "iat"}) {
    if (claim(name) == nullptr) continue;
    const std::optional<absl::Time> begin = TimeOf(claim(name));
    if (!begin.has_value() || now < *begin - options.leeway) return false;
  }
  return true;
}

std::optional<Algorithm> AlgorithmOf(const json_t* header) {
  const json_t* const name = json_object_get(header, "alg");
  if (IsText(name, "RS256")) return Algorithm::kRs256;
  if (IsText(name, "ES256")) return Algorithm::kEs256;
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TokenVerifier>> TokenVerifier::Create(
    const config::Jwt& options, std::shared_ptr<FetchedKeys> fetched) {
  std::shared_ptr<TokenVerifier> verifier(new TokenVerifier(options));
  verifier->fetched_ = std::move(fetched);
  if (!options.public_keys.empty()) {
    SEGRID_ASSIGN_OR_RETURN(verifier->own_.emplace_back(),
                            KeySet::FromPem(options.public_keys));
  }
  if (options.jwks_file.empty()) return verifier;
  const absl::StatusOr<std::string> text =
      base::ReadFile(options.jwks_file, kMaxFileBytes);
  absl::StatusOr<std::shared_ptr<const KeySet>> keys =
      text.ok() ? KeySet::FromJwks(*text) : text.status();
  if (!keys.ok()) {
    return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_JWKS",
                           absl::StrCat("jwt.jwks_file '", options.jwks_file,
                                        "': ", keys.status().message()));
  }
  verifier->own_.push_back(*std::move(keys));
  return verifier;
}

Verdict TokenVerifier::Verify(std::string_view token, absl::Time now) const {
  if (token.size() > kMaxTokenBytes) return Verdict::kRefused;
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::string_view(token.data(), token.size()), '.');
  if (parts.size() != 3 ||
      !std::all_of(parts.begin(), parts.end(), &IsBase64Url)) {
    return Verdict::kRefused;
  }
  const Json header = Decode(parts[0]);
  const Json claims = Decode(parts[1]);
  const std::optional<Algorithm> algorithm = AlgorithmOf(header.get());
  const json_t* const name = json_object_get(header.get(), "kid");
  // `crit` names what must be understood, and nothing of that is here.
  if (!algorithm.has_value() || claims == nullptr ||
      json_object_get(header.get(), "crit") != nullptr ||
      (name != nullptr && !json_is_string(name)) ||
      !AreGood(claims.get(), options_, now)) {
    return Verdict::kRefused;
  }
  std::optional<std::string> key_name;
  if (name != nullptr) key_name = json_string_value(name);
  const std::shared_ptr<const KeySet> fetched =
      fetched_ == nullptr ? nullptr : fetched_->Get();
  bool may_come = fetched_ != nullptr;
  const bool is_first = may_come && fetched == nullptr;
  std::vector<const KeySet*> sets;
  for (const auto& own : own_) sets.push_back(own.get());
  if (fetched != nullptr) sets.push_back(fetched.get());
  for (const KeySet* const keys : sets) {
    const KeyMatch match = keys->Verify(token, *algorithm, key_name);
    if (match == KeyMatch::kSigned) return Verdict::kGood;
    // A name of the issuer's that is known and did not sign: it is a forgery.
    if (keys == fetched.get() && match == KeyMatch::kNotSigned) {
      may_come = false;
    }
  }
  return may_come && (fetched_->WantFresh() || is_first) ? Verdict::kKeysMissing
                                                         : Verdict::kRefused;
}

}  // namespace segrid::jwt
