#include "core/base/database_address.h"

#include "gtest/gtest.h"

namespace segrid::base {
namespace {

TEST(DatabaseAddress, IsOfSqliteOrPostgresql) {
  EXPECT_EQ(SqliteFileOf("sqlite:a/b.db"), "a/b.db");
  EXPECT_EQ(SqliteFileOf("sqlite:"), "");
  EXPECT_EQ(SqliteFileOf("SQLite:a"), std::nullopt);
  EXPECT_EQ(SqliteFileOf("postgresql://a"), std::nullopt);
  EXPECT_TRUE(IsPostgresUrl("postgresql://a"));
  EXPECT_TRUE(IsPostgresUrl("postgres://a"));
  EXPECT_FALSE(IsPostgresUrl("host=a"));
  EXPECT_FALSE(IsPostgresUrl("sqlite:postgresql://a"));
}

TEST(DatabaseAddress, MayHoldAPasswordInTwoPlaces) {
  for (const char* const url :
       {"postgresql://u:p@h/d", "postgresql://u:@h/d",
        "postgresql://u@h/d?password=p", "postgresql://h/d?a=b&password=p",
        "postgresql://h/d?pass%77ord=p", "postgresql://h/d?sslpassword=p"}) {
    EXPECT_TRUE(HasPassword(url)) << url;
  }
  for (const char* const url :
       {"postgresql://u@h:1/d", "postgresql://h/d?passfile=/p",
        "postgresql://u@[::1]:5432,b:1/d", "postgresql:///d?host=/a:b"}) {
    EXPECT_FALSE(HasPassword(url)) << url;
  }
}

TEST(DatabaseAddress, OfOneDatabaseIsOneInEachSpelling) {
  const std::pair<const char*, const char*> same[] = {
      {"sqlite:a.db", "sqlite:./x/../a.db"},
      {"postgresql://h/d", "postgres://h/d"},
      {"postgresql://h/d", "postgresql://H:5432/d"},
      {"postgresql://h/d", "postgresql://u@h/d?sslmode=require"},
      {"postgresql://h/d", "postgresql:///d?host=h"},
      {"postgresql://h/d", "postgresql://h?dbname=d"},
      {"postgresql://a,b/d", "postgresql://b:5432,a/d"},
      {"postgresql://%2Frun/d", "postgresql:///d?host=/run&port=5432"},
      {"postgresql://me@h", "postgresql://h/me"},
  };
  for (const auto& [a, b] : same) {
    EXPECT_EQ(DatabaseIdentityOf(a), DatabaseIdentityOf(b)) << a << " " << b;
  }
  const std::pair<const char*, const char*> different[] = {
      {"sqlite:a.db", "sqlite:b.db"},
      {"postgresql://h/d", "postgresql://h/e"},
      {"postgresql://h/d", "postgresql://h:5433/d"},
      {"postgresql://h/d", "postgresql://i/d"},
      {"postgresql:///?service=a", "postgresql:///?service=b"},
  };
  for (const auto& [a, b] : different) {
    EXPECT_NE(DatabaseIdentityOf(a), DatabaseIdentityOf(b)) << a << " " << b;
  }
}

}  // namespace
}  // namespace segrid::base
