#include "server/auth/certificate_names.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::auth {
namespace {

TEST(AllowedNames, AreComparedTypeByType) {
  const AllowedNames allowed({"api.example.com", "spiffe://example.com/api",
                              "urn:uuid:1", "10.0.0.1", "2001:db8::1"});
  struct Case {
    CertificateName name;
    bool fits;
  };
  const Case cases[] = {
      {{NameType::kDns, "api.example.com"}, true},
      {{NameType::kDns, "API.example.com"}, false},
      {{NameType::kDns, "example.com"}, false},
      {{NameType::kDns, "10.0.0.1"}, false},
      {{NameType::kDns, "2001:db8::1"}, false},
      {{NameType::kDns, "spiffe://example.com/api"}, false},
      {{NameType::kDns, ""}, false},
      {{NameType::kUri, "spiffe://example.com/api"}, true},
      {{NameType::kUri, "urn:uuid:1"}, true},
      {{NameType::kUri, "api.example.com"}, false},
      {{NameType::kUri, "10.0.0.1"}, false},
      {{NameType::kUri, "2001:db8::1"}, false},
      {{NameType::kIp, "10.0.0.1"}, true},
      {{NameType::kIp, "10.0.0.2"}, false},
      {{NameType::kIp, "2001:db8::1"}, true},
      {{NameType::kIp, "2001:0DB8:0:0::1"}, true},
      {{NameType::kIp, "api.example.com"}, false},
      {{NameType::kIp, ""}, false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(allowed.Has(each.name), each.fits)
        << static_cast<int>(each.name.type) << " " << each.name.text;
  }
}

TEST(AllowedNames, AreNoneWithoutEntries) {
  EXPECT_TRUE(AllowedNames().empty());
  EXPECT_TRUE(AllowedNames(std::vector<std::string>()).empty());
  EXPECT_FALSE(AllowedNames(std::vector<std::string>{"a"}).empty());
  EXPECT_FALSE(AllowedNames().Has({NameType::kDns, ""}));
}

}  // namespace
}  // namespace segrid::auth
