// Which user agents `suspected_bot` goes by, and which of the shipped bodies it
// marks.

#include "core/catalog/bots.h"

#include <map>
#include <string>
#include <string_view>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "simdjson.h"
#include "tests/testing/data_files.h"

namespace segrid::catalog {
namespace {

using ::testing::HasSubstr;

TEST(Bots, EachRowMarksWhatItNames) {
  for (const BotRow& row : kBots) {
    const std::string text(row.text);
    EXPECT_TRUE(IsBot(text)) << text;
    std::string upper = text;
    for (char& c : upper) c = c >= 'a' && c <= 'z' ? c - 32 : c;
    EXPECT_TRUE(IsBot(upper)) << text;
    EXPECT_EQ(IsBot(text + " and more"), row.place != BotPlace::kWhole) << text;
    EXPECT_EQ(IsBot("of a person: " + text), row.place == BotPlace::kAnywhere)
        << text;
  }
}

TEST(Bots, NeitherPeopleNorImageProxiesAreMarked) {
  for (const char* user_agent :
       {"",
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via "
        "ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like "
        "Gecko) Chrome/120.0.0.0 Safari/537.36",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_1 like Mac OS X) "
        "AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148",
        "Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "nodes", "rubyist",
        "Mozilla/5.0 "}) {
    EXPECT_FALSE(IsBot(user_agent)) << user_agent;
  }
}

// The opens and clicks among the shipped real bodies, by user agent: 25, none
// of which is marked. docs/mapping.md has the same table.
TEST(Bots, MarkNoneOfTheShippedRealBodies) {
  std::map<std::string, int> seen;
  simdjson::dom::parser parser;
  for (const auto& [name, body] : testing::RealBodies()) {
    simdjson::dom::element root;
    if (name.starts_with("bench-")) continue;  // Made up.
    if (parser.parse(body).get(root) != simdjson::SUCCESS) continue;
    for (simdjson::dom::element event : root.get_array()) {
      std::string_view kind, user_agent;
      if (event["event"].get(kind) != simdjson::SUCCESS) continue;
      if (kind != "open" && kind != "click") continue;
      if (event["useragent"].get(user_agent) != simdjson::SUCCESS) {
        user_agent = "none";
      }
      ++seen[std::string(user_agent)];
    }
  }
  const std::string pages = testing::ReadDataFile("docs/mapping.md");
  for (const auto& [user_agent, count] : seen) {
    EXPECT_FALSE(IsBot(user_agent)) << user_agent;
    const std::string row =
        "| " + std::to_string(count) + " | " +
        (user_agent == "none" ? user_agent : "`" + user_agent + "`") + " |";
    EXPECT_THAT(pages, HasSubstr(row));
  }
  EXPECT_EQ(seen.size(), 7u);
}

}  // namespace
}  // namespace segrid::catalog
