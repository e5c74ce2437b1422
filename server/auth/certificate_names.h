// The names of certificates, compared type by type.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace segrid::auth {

// The types of names that callers are known by. E-mail addresses and others are
// none of them.
enum class NameType { kDns, kUri, kIp };

// One name of a certificate. A view.
struct CertificateName {
  NameType type = NameType::kDns;
  std::string_view text;  // An IP address as text.
};

// The names that a configuration allows. An entry has the type that it looks
// like: an IP address, a URI (it has a colon), or else a DNS name; it allows
// only names of that type, because a DNS name `10.0.0.1` proves no address.
// Addresses are compared by their bytes, other names letter by letter.
//
// Thread safety: immutable. Blocking: never.
class AllowedNames {
 public:
  AllowedNames() = default;
  explicit AllowedNames(const std::vector<std::string>& entries);

  bool empty() const { return names_.empty(); }
  bool Has(const CertificateName& name) const;

 private:
  struct Name {
    NameType type;
    std::string text;  // In the form in which it is compared.
  };

  std::vector<Name> names_;
};

}  // namespace segrid::auth
