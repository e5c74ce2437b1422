// What a source keeps of a person's data: mapping.md, 3.14.

#include "core/transform/personal.h"

#include <string>

#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

constexpr char kClick[] =
    R"("event":"click","ip":"203.0.113.9","useragent":"Mozilla/5.0",)"
    R"("url":"https://example.com/a?b=1#c")";

Options Everything() {
  Options options;
  options.spec_context = true;
  options.extra_fields = {catalog::Field("email"), catalog::Field("ip"),
                          catalog::Field("useragent"), catalog::Field("url")};
  return options;
}

TEST(Personal, IsKeptByDefault) {
  const Seen seen = TransformEvent(kClick, Everything());
  EXPECT_EQ(
      seen.At("/context/traits"),
      R"({"email":"a@b.c","ip":"203.0.113.9","user_agent":"Mozilla/5.0"})");
  EXPECT_EQ(seen.At("/properties/link_url"),
            R"("https://example.com/a?b=1#c")");
}

TEST(Personal, EachSwitchCoversEveryPlaceOfItsField) {
  Options options = Everything();
  const Seen all = TransformEvent(kClick, options);
  const auto expect_without = [&options,
                               &all](std::initializer_list<const char*> gone) {
    const Seen seen = TransformEvent(kClick, options);
    EXPECT_EQ(seen.At("/anonymousId"), all.At("/anonymousId"));
    for (const char* place :
         {"/context/traits/email", "/properties/email", "/context/ip",
          "/context/traits/ip", "/properties/ip", "/context/userAgent",
          "/context/traits/user_agent", "/properties/useragent"}) {
      const bool is_gone =
          std::find_if(gone.begin(), gone.end(), [place](const char* each) {
            return std::string_view(each) == place;
          }) != gone.end();
      EXPECT_EQ(seen.At(place), is_gone ? "" : all.At(place)) << place;
    }
  };
  options.personal.email = Treatment::kOmit;
  expect_without({"/context/traits/email", "/properties/email"});
  options.personal = {};
  options.personal.ip = Treatment::kOmit;
  expect_without({"/context/ip", "/context/traits/ip", "/properties/ip"});
  options.personal = {};
  options.personal.user_agent = Treatment::kOmit;
  expect_without({"/context/userAgent", "/context/traits/user_agent",
                  "/properties/useragent"});
}

TEST(Personal, AnAddressIsCutToItsNetwork) {
  Options options = Everything();
  options.personal.ip = Treatment::kTruncate;
  const struct {
    const char* ip;
    const char* network;
  } rows[] = {{"203.0.113.9", "203.0.113.0"},
              {"255.255.255.255", "255.255.255.0"},
              {"2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::"},
              {"2001:0DB8:0000:1:2:3:4:5", "2001:db8::"},
              {"1:2:3:4:5:6:7:8", "1:2:3::"},
              {"::ffff:203.0.113.9", "::"},
              {"::1", "::"},
              {R"(203\u002e0.113.9)", "203.0.113.0"},
              {"203.0.113", ""},
              {"203.0.113.9 ", ""},
              {"203.0.113.009", ""},
              {"fe80::1%eth0", ""},
              {"nonsense", ""}};
  for (const auto& row : rows) {
    const Seen seen = TransformEvent(
        R"("event":"open","ip":")" + std::string(row.ip) + "\"", options);
    const std::string network = *row.network == '\0' ? "" : Quoted(row.network);
    for (const char* place :
         {"/context/ip", "/context/traits/ip", "/properties/ip"}) {
      EXPECT_EQ(seen.At(place), network) << row.ip << " " << place;
    }
  }
  EXPECT_EQ(TransformEvent(
                "\"event\":\"open\",\"ip\":" + Quoted(std::string(5'000, '1')),
                options)
                .At("/context/ip"),
            "");
}

TEST(Personal, ALinkIsCutBeforeItsQuery) {
  Options options = Everything();
  options.personal.link_query = Treatment::kOmit;
  const struct {
    const char* url;
    const char* kept;
  } rows[] = {{"https://example.com/a?b=1#c", "https://example.com/a"},
              {"https://example.com/a#c?d", "https://example.com/a"},
              {"https://example.com/a", "https://example.com/a"},
              {R"(https:\/\/example.com\/a\u003fb)", "https://example.com/a"},
              {"?b", ""},
              {"#", ""}};
  for (const auto& row : rows) {
    const Seen seen = TransformEvent(
        R"("event":"click","url":")" + std::string(row.url) + "\"", options);
    const std::string kept = *row.kept == '\0' ? "" : Quoted(row.kept);
    EXPECT_EQ(seen.At("/properties/link_url"), kept) << row.url;
    EXPECT_EQ(seen.At("/properties/url"), kept) << row.url;
  }
}

TEST(Personal, TypedEventsFollowTheSameSwitches) {
  v1::SendGridEvent typed;
  typed.set_event("click");
  typed.set_email("a@b.c");
  typed.set_timestamp(1);
  typed.set_ip("203.0.113.9");
  typed.set_url("https://example.com/a?b");
  Options options;
  options.personal = {.email = Treatment::kOmit,
                      .ip = Treatment::kTruncate,
                      .user_agent = Treatment::kOmit,
                      .link_query = Treatment::kOmit};
  const Seen seen = TransformTyped(typed, options);
  EXPECT_EQ(seen.At("/context/traits"), R"({"ip":"203.0.113.0"})");
  EXPECT_EQ(seen.At("/properties/link_url"), R"("https://example.com/a")");
}

}  // namespace
}  // namespace segrid::transform
