#include "core/http/proxy_choice.h"

#include <map>
#include <string>
#include <utility>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

Endpoint To(const std::string& url) { return ParseEndpoint(url, true).value(); }

Variables Environment(std::map<std::string, std::string> set) {
  return [set = std::move(set)](
             const std::string& name) -> std::optional<std::string> {
    const auto found = set.find(name);
    if (found == set.end()) return std::nullopt;
    return found->second;
  };
}

TEST(NoProxy, NamesHostsAsUsual) {
  struct Case {
    const char* list;
    const char* url;
    bool exempt;
  };
  // clang-format off
  const Case cases[] = {
      {"",                        "https://api.segment.io",        false},
      {" , ",                     "https://api.segment.io",        false},
      {"*",                       "https://api.segment.io",        true},
      {"a.b, *",                  "https://api.segment.io",        true},
      {"api.segment.io",          "https://api.segment.io",        true},
      {"API.Segment.IO",          "https://api.segment.io",        true},
      {"segment.io",              "https://api.segment.io",        true},
      {".segment.io",             "https://api.segment.io",        true},
      {"*.segment.io",            "https://api.segment.io",        true},
      {".api.segment.io",         "https://api.segment.io",        true},
      {"segment.io.",             "https://api.segment.io",        true},
      {"a,segment.io,b",          "https://api.segment.io",        true},
      {"a segment.io",            "https://api.segment.io",        true},
      {"egment.io",               "https://api.segment.io",        false},
      {"api.segment.iox",         "https://api.segment.io",        false},
      {"x.api.segment.io",        "https://api.segment.io",        false},
      {".",                       "https://api.segment.io",        false},
      {"io",                      "https://api.segment.io",        true},
      {"segment.io:443",          "https://api.segment.io",        true},
      {"segment.io:8443",         "https://api.segment.io",        false},
      {"segment.io:8443",         "https://api.segment.io:8443",   true},
      {"10.1.2.3",                "https://10.1.2.3",              true},
      {"10.1.2.3:443",            "https://10.1.2.3",              true},
      {"10.1.2.3:80",             "https://10.1.2.3",              false},
      {"10.1.2.4",                "https://10.1.2.3",              false},
      {"10.0.0.0/8",              "https://10.1.2.3",              true},
      {"10.1.2.0/24",             "https://10.1.3.3",              false},
      {"10.1.2.77/24",            "https://10.1.2.3",              true},
      {"0.0.0.0/0",               "https://10.1.2.3",              true},
      {"10.0.0.0/33",             "https://10.1.2.3",              false},
      {"10.0.0.0/8",              "https://segment.io",            false},
      {"fd00::/8",                "https://[fd00::1]",             true},
      {"fd00::/8",                "https://10.1.2.3",              false},
      {"fd00::/8",                "https://[fe80::1]",             false},
      {"::1",                     "https://[::1]",                 true},
      {"[::1]",                   "https://[::1]",                 true},
      {"[::1]:443",               "https://[::1]",                 true},
      {"[::1]:80",                "https://[::1]",                 false},
      {"0:0:0:0:0:0:0:1",         "https://[::1]",                 true},
      {"localhost",               "https://localhost",             true},
  };
  // clang-format on
  for (const Case& c : cases) {
    EXPECT_EQ(IsExempt(To(c.url), c.list), c.exempt) << c.list << " " << c.url;
  }
}

TEST(ChooseProxy, PrefersTheOptionsToTheEnvironment) {
  const Variables set = Environment({{"HTTPS_PROXY", "http://env:1"}});
  const Endpoint to = To("https://api.segment.io");
  const auto configured = ChooseProxy(to, {.proxy = "http://mine:2",
                                           .proxy_auth = base::Secret("u:w"),
                                           .variable = set});
  ASSERT_TRUE(configured.ok());
  EXPECT_EQ(configured->proxy->authority(), "mine:2");
  EXPECT_EQ(configured->auth.Reveal(), "u:w");
  EXPECT_EQ(configured->variable, "");

  EXPECT_FALSE(
      ChooseProxy(to, {.proxy = "none", .variable = set})->proxy.has_value());
  const auto environments = ChooseProxy(to, {.variable = set});
  EXPECT_EQ(environments->proxy->authority(), "env:1");
  EXPECT_EQ(environments->variable, "HTTPS_PROXY");
  EXPECT_FALSE(ChooseProxy(to, {})->proxy.has_value());
  // Plain http needs no tunnel.
  EXPECT_FALSE(ChooseProxy(To("http://localhost"), {.variable = set})
                   ->proxy.has_value());
}

TEST(ChooseProxy, ReadsBothSpellingsOfBothVariables) {
  const Endpoint to = To("https://api.segment.io");
  const auto chosen = [&to](std::map<std::string, std::string> set) {
    const auto way = ChooseProxy(to, {.variable = Environment(std::move(set))});
    EXPECT_TRUE(way.ok()) << way.status();
    return way->proxy ? way->variable + "=" + way->proxy->authority() : "";
  };
  EXPECT_EQ(chosen({}), "");
  EXPECT_EQ(chosen({{"https_proxy", "http://low:1"}}), "https_proxy=low:1");
  EXPECT_EQ(chosen({{"https_proxy", "http://low:1"}, {"HTTPS_PROXY", ""}}),
            "https_proxy=low:1");
  EXPECT_EQ(
      chosen({{"https_proxy", "http://low:1"}, {"HTTPS_PROXY", "http://up:1"}}),
      "HTTPS_PROXY=up:1");
  EXPECT_EQ(chosen({{"HTTPS_PROXY", "http://up:1"}, {"no_proxy", ".io"}}), "");
  EXPECT_EQ(chosen({{"HTTPS_PROXY", "http://up:1"}, {"NO_PROXY", ".io"}}), "");
  EXPECT_EQ(chosen({{"HTTPS_PROXY", "http://up:1"}, {"NO_PROXY", ".com"}}),
            "HTTPS_PROXY=up:1");
  EXPECT_EQ(chosen({{"HTTP_PROXY", "http://up:1"}}), "");
}

TEST(ChooseProxy, ReadsTheFormsThatPeopleWrite) {
  struct Case {
    const char* value;
    const char* proxy;
    const char* auth;
  };
  for (const Case& c :
       {Case{"http://p:3128", "p:3128", ""}, Case{"p:3128", "p:3128", ""},
        Case{"http://p:3128/", "p:3128", ""}, Case{"http://p", "p", ""},
        Case{"http://[::1]:8", "[::1]:8", ""},
        Case{"http://u:w@p:1", "p:1", "u:w"}, Case{"u:w@p:1", "p:1", "u:w"},
        Case{"http://u:%40%3a%20%C3%A4@p:1", "p:1", "u:@: \xC3\xA4"},
        Case{"http://u:a@b@p:1", "p:1", "u:a@b"}}) {
    const auto way =
        ChooseProxy(To("https://api.segment.io"),
                    {.variable = Environment({{"HTTPS_PROXY", c.value}})});
    ASSERT_TRUE(way.ok()) << c.value << way.status();
    EXPECT_EQ(way->proxy->authority(), c.proxy) << c.value;
    EXPECT_EQ(way->auth.Reveal(), c.auth) << c.value;
  }
}

TEST(ChooseProxy, RefusesWhatItCannotUseAndRepeatsNothingOfIt) {
  for (const char* value :
       {"https://canary:1", "socks5://canary:1", "http://", "http://@canary:1",
        "http://canary:0", "http://u:%4@canary:1", "http://canary:1/path",
        "http://can ary:1"}) {
    const auto way =
        ChooseProxy(To("https://api.segment.io"),
                    {.variable = Environment({{"https_proxy", value}})});
    EXPECT_EQ(base::ReasonOf(way.status()), "BAD_PROXY") << value;
    const std::string message(way.status().message());
    EXPECT_THAT(message, HasSubstr("https_proxy"));
    EXPECT_THAT(message, Not(HasSubstr("canary")));
  }
}

}  // namespace
}  // namespace segrid::http
