#include "server/webhook/authorization.h"

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/crypto/base64.h"
#include "core/crypto/constant_time.h"

namespace segrid::webhook {
namespace {

using Digest = crypto::Sha256::Digest;

int HexValue(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

std::vector<Digest> DigestsOf(const std::vector<std::string>& hex) {
  std::vector<Digest> digests;
  for (const std::string& text : hex) {
    Digest& digest = digests.emplace_back();
    for (std::size_t i = 0; i < digest.size() && 2 * i + 1 < text.size(); ++i) {
      digest[i] = static_cast<std::uint8_t>(HexValue(text[2 * i]) << 4 |
                                            HexValue(text[2 * i + 1]));
    }
  }
  return digests;
}

bool Knows(const std::vector<Digest>& digests, std::string_view secret) {
  crypto::Sha256 hash;
  const Digest digest = hash.Hash(secret);
  bool found = false;
  // To the end, also when it is found.
  for (const Digest& each : digests) {
    found |= crypto::EqualInConstantTime(each, digest);
  }
  return found;
}

// What follows `scheme` and a space; schemes are written in any case.
std::optional<std::string_view> After(std::string_view header,
                                      std::string_view scheme) {
  if (header.size() <= scheme.size() || header[scheme.size()] != ' ') {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < scheme.size(); ++i) {
    if ((header[i] | 0x20) != scheme[i]) return std::nullopt;
  }
  header.remove_prefix(scheme.size());
  const std::size_t start = header.find_first_not_of(' ');
  if (start == std::string_view::npos) return std::nullopt;
  return header.substr(start);
}

}  // namespace

Authorization::Authorization(const std::vector<std::string>& bearer_sha256,
                             const std::vector<std::string>& basic_sha256)
    : bearer_(DigestsOf(bearer_sha256)), basic_(DigestsOf(basic_sha256)) {}

bool Authorization::Allows(std::string_view header) const {
  if (const auto token = TokenOf(header)) return Knows(bearer_, *token);
  if (const auto pair = After(header, "basic")) {
    const std::optional<std::string> text = crypto::DecodeBase64(*pair);
    return text.has_value() && Knows(basic_, *text);
  }
  return false;
}

std::optional<std::string_view> Authorization::TokenOf(
    std::string_view header) {
  return After(header, "bearer");
}

std::string Authorization::challenge(bool takes_other_tokens) const {
  std::string challenge =
      bearer_.empty() && !takes_other_tokens ? "" : "Bearer";
  if (!challenge.empty() && !basic_.empty()) challenge.append(", ");
  return basic_.empty() ? challenge : challenge + "Basic realm=\"segrid\"";
}

}  // namespace segrid::webhook
