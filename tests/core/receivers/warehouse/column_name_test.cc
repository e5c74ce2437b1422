#include "core/receivers/warehouse/column_name.h"

#include <string>

#include "gtest/gtest.h"

namespace segrid::receivers::warehouse {
namespace {

struct Case {
  std::string name;
  std::string snake;
};

TEST(SnakeCase, IsAsSegmentMakesIt) {
  const Case cases[] = {
      {"Email Link Clicked", "email_link_clicked"},
      {"Unsubscribed From Group", "unsubscribed_from_group"},
      {"Email Marked as Spam", "email_marked_as_spam"},
      {"campaign_name", "campaign_name"},
      {"userAgent", "user_agent"},
      {"smtp-id", "smtp_id"},
      {"product.plan", "product_plan"},
      {"HTTPCode", "http_code"},
      {"aBC", "a_bc"},
      {"part2Name", "part2_name"},
      {"  lead and trail  ", "lead_and_trail"},
      {"a--b__c", "a_b_c"},
      {"2nd", "_2nd"},
      {"x; DROP TABLE tracks", "x_drop_table_tracks"},
      {"quo\"ted", "quo_ted"},
  };
  for (const Case& c : cases) EXPECT_EQ(SnakeCase(c.name), c.snake) << c.name;
}

TEST(SnakeCase, GivesANameToWhatHasNoLetter) {
  const std::string first = SnakeCase("\xC3\xA9\xC3\xA9");
  const std::string second = SnakeCase("---");
  EXPECT_EQ(first.size(), 9U);
  EXPECT_EQ(first[0], '_');
  EXPECT_NE(first, second);
  EXPECT_EQ(SnakeCase("").size(), 9U);
}

TEST(SnakeCase, KeepsLongNamesApart) {
  const std::string base(63, 'a');
  EXPECT_EQ(SnakeCase(base), base);
  const std::string one = SnakeCase(base + "b");
  const std::string other = SnakeCase(base + "c");
  EXPECT_EQ(one.size(), kMaxNameBytes);
  EXPECT_EQ(other.size(), kMaxNameBytes);
  EXPECT_NE(one, other);
  EXPECT_TRUE(one.starts_with(std::string(54, 'a') + "_")) << one;
}

TEST(Quoted, DoublesQuotes) { EXPECT_EQ(Quoted("a\"b"), "\"a\"\"b\""); }

}  // namespace
}  // namespace segrid::receivers::warehouse
