#include "server/auth/client_authority.h"

#include "gtest/gtest.h"
#include "tests/client/certificates.h"

namespace segrid::auth {
namespace {

using tests::Certificate;

TEST(ClientAuthority, KnowsWhatItsAuthoritiesIssued) {
  const Certificate one = tests::MakeAuthority();
  const Certificate two = tests::MakeAuthority("another");
  const Certificate of_one = tests::MakeCertificate(one, "a");
  const Certificate of_two = tests::MakeCertificate(two, "b");
  const ClientAuthority both(one.cert + two.cert);
  const ClientAuthority first(one.cert);
  for (int i = 0; i < 2; ++i) {  // The second time from memory.
    EXPECT_TRUE(both.Issued(of_one.cert, ""));
    EXPECT_TRUE(both.Issued(of_two.cert, ""));
    EXPECT_TRUE(first.Issued(of_one.cert, ""));
    EXPECT_FALSE(first.Issued(of_two.cert, ""));
    // An authority that the client itself sends proves nothing.
    EXPECT_FALSE(first.Issued(of_two.cert, of_two.cert + two.cert));
  }
}

TEST(ClientAuthority, DoesNotKnowWhatIsNoCertificate) {
  const Certificate authority = tests::MakeAuthority();
  const ClientAuthority good(authority.cert);
  EXPECT_FALSE(good.Issued("", ""));
  EXPECT_FALSE(good.Issued("-----BEGIN CERTIFICATE-----", ""));
  EXPECT_FALSE(ClientAuthority("").Issued(
      tests::MakeCertificate(authority, "a").cert, ""));
}

}  // namespace
}  // namespace segrid::auth
