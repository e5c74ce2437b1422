// Whose Track is it: finds the Tracks of one person.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace segrid::transform {

// A person, by address or by user id.
//
// An address is compared as mapping.md hashes it: ASCII white space around it
// and the case of ASCII letters do not count, everything else does (a `+tag`, a
// dot). A Track is of an address when `context.traits.email` is that address,
// or `anonymousId` is its hash, normalized or as given. A Track is of a user id
// when `userId` is exactly that.
//
// Ownership:     values.
// Thread safety: const methods from any thread.
class Person {
 public:
  // INVALID_ARGUMENT/BAD_PERSON: the text is empty, or over 1,000 bytes.
  static absl::StatusOr<Person> WithEmail(std::string_view email);
  static absl::StatusOr<Person> WithUserId(std::string_view user_id);

  // Whether a Track, given as JSON, is this person's. A text that is no JSON is
  // nobody's.
  bool Has(std::string_view track) const;

  // Whether a text, such as a receiver's answer, repeats the address in any
  // case of letters, also as JSON or a URL writes it, the user id, or a hash.
  bool IsNamedIn(std::string_view text) const;

 private:
  Person() = default;

  std::string email_{};    // Normalized. Empty: by user id.
  std::string user_id_{};  // Empty: by address.
  std::vector<std::string> hashes_{};
};

}  // namespace segrid::transform
