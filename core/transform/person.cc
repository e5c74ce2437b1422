#include "core/transform/person.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "core/base/absl_view.h"
#include "core/base/error_info.h"
#include "core/crypto/sha256.h"
#include "core/transform/identity.h"
#include "simdjson.h"

namespace segrid::transform {
namespace {

constexpr std::size_t kMaxBytes = 1'000;
constexpr std::size_t kHashDigits = 64;

// As mapping.md, 3.1.
std::string Normalized(std::string_view email) {
  return absl::AsciiStrToLower(base::Absl(Trim(email)));
}

std::string HashOf(std::string_view text) {
  crypto::Sha256 sha256;
  std::string hex(kHashDigits, '0');
  crypto::WriteHex(sha256.Hash(text), kHashDigits, hex.data());
  return hex;
}

absl::Status CheckText(std::string_view text) {
  if (!text.empty() && text.size() <= kMaxBytes) return absl::OkStatus();
  return base::MakeError(absl::StatusCode::kInvalidArgument, "BAD_PERSON",
                         "the address or user id must have 1 to 1,000 bytes");
}

bool IsWordAt(std::string_view text, std::size_t at) {
  return at < text.size() &&
         absl::ascii_isalnum(static_cast<unsigned char>(text[at]));
}

// Whether `text` has `word` and not as a part of a longer one, so that a user
// id of one digit is not found in every number.
bool HasWord(std::string_view text, std::string_view word) {
  for (std::size_t at = text.find(word); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    if ((at == 0 || !IsWordAt(text, at - 1)) &&
        !IsWordAt(text, at + word.size())) {
      return true;
    }
  }
  return false;
}

// The text at a path of keys; empty when there is none.
std::string_view TextAt(simdjson::dom::element json, const char* path) {
  std::string_view text;
  if (json.at_pointer(path).get(text) != simdjson::SUCCESS) return {};
  return text;
}

}  // namespace

absl::StatusOr<Person> Person::WithEmail(std::string_view email) {
  if (absl::Status valid = CheckText(Trim(email)); !valid.ok()) return valid;
  Person person;
  person.email_ = Normalized(email);
  // `as_received` hashes the address as it came.
  for (const std::string& form :
       {person.email_, std::string(email), std::string(Trim(email))}) {
    person.hashes_.push_back(HashOf(form));
  }
  return person;
}

absl::StatusOr<Person> Person::WithUserId(std::string_view user_id) {
  if (absl::Status valid = CheckText(user_id); !valid.ok()) return valid;
  Person person;
  person.user_id_ = user_id;
  return person;
}

bool Person::Has(std::string_view track) const {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::element json;
  if (parser.parse(track.data(), track.size()).get(json) != simdjson::SUCCESS) {
    return false;
  }
  if (!user_id_.empty()) return TextAt(json, "/userId") == user_id_;
  const std::string_view id = TextAt(json, "/anonymousId");
  return std::find(hashes_.begin(), hashes_.end(), id) != hashes_.end() ||
         Normalized(TextAt(json, "/context/traits/email")) == email_;
}

bool Person::IsNamedIn(std::string_view text) const {
  const std::string lower = absl::AsciiStrToLower(base::Absl(text));
  const std::string name =
      absl::AsciiStrToLower(user_id_.empty() ? email_ : user_id_);
  return HasWord(lower, name) ||
         HasWord(lower, absl::StrReplaceAll(name, {{"@", "\\u0040"}})) ||
         HasWord(lower,
                 absl::StrReplaceAll(name, {{"@", "%40"}, {"+", "%2b"}})) ||
         std::any_of(hashes_.begin(), hashes_.end(),
                     [&lower](const std::string& hash) {
                       return HasWord(lower, hash);
                     });
}

}  // namespace segrid::transform
