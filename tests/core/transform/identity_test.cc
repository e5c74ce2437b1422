// Who it was: mapping.md, 3.1.

#include "core/transform/identity.h"

#include <string>

#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

std::string HashOf(std::string_view text) {
  crypto::Sha256 sha256;
  std::string hex(64, ' ');
  crypto::WriteHex(sha256.Hash(text), 64, hex.data());
  return Quoted(hex);
}

// A hash that no code of ours made.
constexpr std::string_view kAdaHash =
    "\"b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72\"";

struct Row {
  const char* email;       // The inside of a JSON string.
  const char* received;    // What it means.
  const char* normalized;  // What is hashed by default.
};

const Row kRows[] = {
    {"ada@example.com", "ada@example.com", "ada@example.com"},
    {"Ada@Example.COM", "Ada@Example.COM", "ada@example.com"},
    {" ada@example.com", " ada@example.com", "ada@example.com"},
    {R"(\t\r\n\f\u000bada@example.com \n)", "\t\r\n\f\vada@example.com \n",
     "ada@example.com"},
    {"a da@b.c", "a da@b.c", "a da@b.c"},
    {"not an email address", "not an email address", "not an email address"},
    {"ÉCOLE@b.c", "ÉCOLE@b.c", "École@b.c"},
    {R"(\u00a0a@b.c)", "\u00A0a@b.c", "\u00A0a@b.c"},
    {R"(\u0041da@b.c)", "Ada@b.c", "ada@b.c"},
    {"@[`{Zz", "@[`{Zz", "@[`{zz"},
    {R"(\u001fa@b.c)",
     "\x1F"
     "a@b.c",
     "\x1F"
     "a@b.c"},
};

TEST(AnonymousId, IsTheHashOfTheNormalizedAddress) {
  EXPECT_EQ(TransformEvent(R"("email":"Ada@Example.com")").At("/anonymousId"),
            kAdaHash);
  Options as_received;
  as_received.normalize_email = false;
  for (const Row& row : kRows) {
    const std::string member = "\"email\":" + Quoted(row.email);
    const Seen normalized = TransformEvent(member);
    EXPECT_EQ(normalized.At("/anonymousId"), HashOf(row.normalized))
        << row.email;
    EXPECT_EQ(TransformEvent(member, as_received).At("/anonymousId"),
              HashOf(row.received))
        << row.email;
    EXPECT_EQ(normalized.At("/context/traits/email"),
              boost::json::serialize(boost::json::string(row.received)));
  }
}

TEST(AnonymousId, LongAddressesAreHashedWhole) {
  for (const std::size_t size : {255u, 256u, 257u, 511u, 512u, 513u, 5'000u}) {
    const std::string address = std::string(size, 'A') + "@B.C";
    std::string lower = std::string(size, 'a') + "@b.c";
    EXPECT_EQ(
        TransformEvent("\"email\":\"  " + address + " \"").At("/anonymousId"),
        HashOf(lower))
        << size;
  }
}

TEST(AnonymousId, ZeroBytesArePartOfTheAddress) {
  EXPECT_EQ(TransformEvent(R"("email":"a\u0000B")").At("/anonymousId"),
            HashOf(std::string_view("a\0b", 3)));
}

TEST(Trim, TakesAsciiWhiteSpaceOnly) {
  EXPECT_EQ(Trim(" \t\n\v\f\ra b \t\n\v\f\r"), "a b");
  EXPECT_EQ(Trim("  "), "");
  EXPECT_EQ(Trim(""), "");
  EXPECT_EQ(Trim("\x08x\x0E"), "\x08x\x0E");
  EXPECT_EQ(Trim("\u00A0x\u2003"), "\u00A0x\u2003");
}

}  // namespace
}  // namespace segrid::transform
