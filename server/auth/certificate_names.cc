#include "server/auth/certificate_names.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <utility>

namespace segrid::auth {
namespace {

// The bytes of an address; "" for what is none.
std::string AddressBytes(std::string_view text) {
  const std::string copy(text);
  std::array<char, sizeof(in6_addr)> bytes{};
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) {
    return std::string(bytes.data(), sizeof(in_addr));
  }
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) {
    return std::string(bytes.data(), sizeof(in6_addr));
  }
  return "";
}

}  // namespace

AllowedNames::AllowedNames(const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    if (std::string bytes = AddressBytes(entry); !bytes.empty()) {
      names_.push_back({NameType::kIp, std::move(bytes)});
    } else if (entry.find(':') != std::string::npos) {
      names_.push_back({NameType::kUri, entry});
    } else {
      names_.push_back({NameType::kDns, entry});
    }
  }
}

bool AllowedNames::Has(const CertificateName& name) const {
  std::string text(name.text);
  if (name.type == NameType::kIp) text = AddressBytes(name.text);
  return std::any_of(names_.begin(), names_.end(), [&](const Name& allowed) {
    return allowed.type == name.type && allowed.text == text;
  });
}

}  // namespace segrid::auth
