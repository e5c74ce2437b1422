#include "core/transform/person.h"

#include <string>
#include <utility>
#include <vector>

#include "core/base/error_info.h"
#include "gtest/gtest.h"

namespace segrid::transform {
namespace {

struct Case {
  const char* name;
  const char* track;
  bool is_hers;
};

TEST(Person, IsFoundByTheAddressInAnyCaseAndByItsHash) {
  const auto ada = Person::WithEmail(" Ada@Example.COM\n");
  ASSERT_TRUE(ada.ok()) << ada.status();
  for (const Case& c : std::vector<Case>{
           {"address", R"({"context":{"traits":{"email":"ada@example.com"}}})",
            true},
           {"case", R"({"context":{"traits":{"email":"ADA@EXAMPLE.com"}}})",
            true},
           {"white space",
            R"({"context":{"traits":{"email":" ada@example.com "}}})", true},
           {"escapes",
            R"({"context":{"traits":{"email":"\u0061da\u0040example.com"}}})",
            true},
           {"another", R"({"context":{"traits":{"email":"bob@example.com"}}})",
            false},
           {"longer",
            R"({"context":{"traits":{"email":"ada@example.com.org"}}})", false},
           {"a tag", R"({"context":{"traits":{"email":"ada+x@example.com"}}})",
            false},
           {"only a property",
            R"({"anonymousId":"x","properties":{"mail":"ada@example.com"}})",
            false},
           {"no string", R"({"context":{"traits":{"email":7}}})", false},
           {"no object", R"({"context":[]})", false},
           {"no identity", R"({"messageId":"ada@example.com"})", false},
           {"no JSON", R"({"context":{"traits":{"email":"ada@example.com)",
            false},
           {"nothing", "", false}}) {
    EXPECT_EQ(ada->Has(c.track), c.is_hers) << c.name;
  }
}

TEST(Person, IsFoundByTheHashAloneWhereTheAddressIsLeftOut) {
  // printf %s ada@example.com | sha256sum, and the same of Ada@Example.com.
  const std::string normalized =
      "b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72";
  const std::string as_received =
      "1aa1bf07b50d24a304252acef11b05379c3c93ef87e26803192386b6c65b8bfc";
  const auto with = [](const std::string& hash) {
    return R"({"anonymousId":")" + hash + "\"}";
  };
  const auto lower = Person::WithEmail("ada@example.com");
  const auto mixed = Person::WithEmail("Ada@Example.com");
  ASSERT_TRUE(lower.ok() && mixed.ok());
  EXPECT_TRUE(lower->Has(with(normalized)));
  EXPECT_TRUE(mixed->Has(with(normalized)));
  EXPECT_TRUE(mixed->Has(with(as_received)));
  EXPECT_FALSE(lower->Has(with(as_received)));
  EXPECT_FALSE(lower->Has(with(normalized.substr(1))));
}

TEST(Person, IsFoundByTheUserIdExactly) {
  const auto person = Person::WithUserId("u-7");
  ASSERT_TRUE(person.ok());
  EXPECT_TRUE(person->Has(R"({"userId":"u-7"})"));
  EXPECT_FALSE(person->Has(R"({"userId":"U-7"})"));
  EXPECT_FALSE(person->Has(R"({"userId":"u-70"})"));
  EXPECT_FALSE(person->Has(R"({"anonymousId":"u-7"})"));
}

TEST(Person, IsNamedInATextThatRepeatsTheAddress) {
  const auto ada = Person::WithEmail("ada+x@example.com");
  ASSERT_TRUE(ada.ok());
  for (const auto& [text, named] : std::vector<std::pair<std::string, bool>>{
           {"HTTP 400: ada+x@example.com is no contact", true},
           {"HTTP 400: ADA+X@example.com", true},
           {R"({"error":"ada+x\u0040example.com"})", true},
           {"/contacts?email=ada%2Bx%40example.com", true},
           {"/contacts?email=ada%2bx%40example.com", true},
           {"HTTP 400: ada@example.com", false},
           {"HTTP 400: nada+x@example.com", false},
           {"nada+x@example.com and ada+x@example.com", true},
           {"", false}}) {
    EXPECT_EQ(ada->IsNamedIn(text), named) << text;
  }
}

TEST(Person, AShortUserIdIsNotFoundInEveryNumber) {
  const auto person = Person::WithUserId("7");
  ASSERT_TRUE(person.ok());
  EXPECT_FALSE(person->IsNamedIn("HTTP 417 at 17:07"));
  EXPECT_TRUE(person->IsNamedIn(R"({"userId":"7"})"));
}

TEST(Person, MustHaveAnAddressOfABoundedLength) {
  for (const std::string& bad :
       {std::string(), std::string(" \t\n"), std::string(1'001, 'a')}) {
    EXPECT_EQ(base::ReasonOf(Person::WithEmail(bad).status()), "BAD_PERSON");
  }
  EXPECT_EQ(base::ReasonOf(Person::WithUserId("").status()), "BAD_PERSON");
  EXPECT_TRUE(Person::WithEmail(std::string(1'000, 'a')).ok());
}

}  // namespace
}  // namespace segrid::transform
