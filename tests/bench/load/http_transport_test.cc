#include "bench/load/http_transport.h"

#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

TEST(ParseWebhookUrl, GivesAddressPathAndTransport) {
  struct Case {
    const char* url;
    const char* address;
    const char* path;
    bool tls;
  };
  const Case kCases[] = {
      {"http://127.0.0.1:8080/v1/webhook", "127.0.0.1:8080", "/v1/webhook",
       false},
      {"http://mail.example.com/x", "mail.example.com:80", "/x", false},
      {"http://mail.example.com:443/x", "mail.example.com:443", "/x", false},
      {"https://mail.example.com", "mail.example.com:443", "/", true},
      {"http://[::1]:80/a/b", "[::1]:80", "/a/b", false},
  };
  for (const Case& row : kCases) {
    const auto target = ParseWebhookUrl(row.url);
    ASSERT_TRUE(target.ok()) << row.url << ": " << target.status();
    EXPECT_EQ(target->address, row.address) << row.url;
    EXPECT_EQ(target->path, row.path) << row.url;
    EXPECT_EQ(target->tls, row.tls) << row.url;
  }
  for (const char* url : {"", "127.0.0.1:8080", "ftp://a/b", "http://"}) {
    EXPECT_FALSE(ParseWebhookUrl(url).ok()) << url;
  }
}

}  // namespace
}  // namespace segrid::bench
