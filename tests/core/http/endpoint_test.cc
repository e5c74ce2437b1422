#include "core/http/endpoint.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(ParseEndpoint, TakesGoodUrlsApart) {
  struct Case {
    const char* url;
    const char* host;
    const char* port;
    const char* path;
    const char* again;
  };
  const std::vector<Case> cases = {
      {"https://api.segment.io", "api.segment.io", "443", "",
       "https://api.segment.io"},
      {"https://API.Segment.io/v1/", "api.segment.io", "443", "/v1",
       "https://api.segment.io/v1"},
      {"https://a-b.example:8443/x/y", "a-b.example", "8443", "/x/y",
       "https://a-b.example:8443/x/y"},
      {"https://10.0.0.1:443", "10.0.0.1", "443", "", "https://10.0.0.1"},
      {"https://[2001:db8::1]:99/v1", "2001:db8::1", "99", "/v1",
       "https://[2001:db8::1]:99/v1"},
      {"http://localhost:8000", "localhost", "8000", "",
       "http://localhost:8000"},
      {"http://127.9.8.7", "127.9.8.7", "80", "", "http://127.9.8.7"},
      {"http://[::1]:80/", "::1", "80", "", "http://[::1]"},
  };
  for (const Case& c : cases) {
    const auto endpoint = ParseEndpoint(c.url, true);
    ASSERT_TRUE(endpoint.ok()) << c.url << endpoint.status();
    EXPECT_EQ(endpoint->host, c.host) << c.url;
    EXPECT_EQ(endpoint->port, c.port) << c.url;
    EXPECT_EQ(endpoint->path, c.path) << c.url;
    EXPECT_EQ(endpoint->url(), c.again) << c.url;
  }
}

TEST(ParseEndpoint, RefusesBadUrlsWithoutRepeatingThem) {
  const std::vector<std::string> bad = {
      "",
      "api.segment.io",
      "ftp://api.segment.io",
      "HTTPS//x",
      "https://",
      "https:///v1",
      "https://user:s3cret@host/",
      "https://s3cret@host",
      "https://host:0",
      "https://host:65536",
      "https://host:+1",
      "https://host:",
      "https://host:80x/",
      "https://host/v1?key=s3cret",
      "https://host/v1#s3cret",
      "https://host /v1",
      "https://ho\r\nst/v1",
      "https://host/v1\r\nX: s3cret",
      "https://[::1/v1",
      "https://[nonsense]/",
      "https://höst/",
      std::string("https://") + std::string(300, 'h'),
      std::string("https://h/") + std::string(3000, 'p'),
  };
  for (const std::string& url : bad) {
    const auto endpoint = ParseEndpoint(url, true);
    EXPECT_EQ(base::ReasonOf(endpoint.status()), "BAD_ENDPOINT") << url;
    EXPECT_THAT(std::string(endpoint.status().message()),
                Not(HasSubstr("s3cret")));
  }
}

TEST(ParseEndpoint, PlainHttpNeedsPermission) {
  EXPECT_FALSE(ParseEndpoint("http://127.0.0.1:8000", false).ok());
  EXPECT_TRUE(ParseEndpoint("https://127.0.0.1:8000", false).ok());
  for (const auto& [url, loopback] :
       {std::pair("http://127.0.0.9", true), std::pair("http://[::1]", true),
        std::pair("http://localhost", true),
        std::pair("http://api.segment.io", false),
        std::pair("http://127.0.0.1.example.com", false),
        std::pair("http://10.0.0.1", false)}) {
    EXPECT_FALSE(ParseEndpoint(url, false).ok()) << url;
    EXPECT_EQ(ParseEndpoint(url, true)->is_loopback(), loopback) << url;
  }
}

TEST(ParseProxy, TakesHostAndPortAlone) {
  const auto proxy = ParseProxy("http://Proxy.Internal:3128");
  ASSERT_TRUE(proxy.ok()) << proxy.status();
  EXPECT_EQ(proxy->host, "proxy.internal");
  EXPECT_EQ(proxy->port, "3128");
  EXPECT_EQ(ParseProxy("http://[::1]:80")->host, "::1");
  for (const char* bad :
       {"", "proxy:3128", "https://p:1", "http://", "http://p:0", "http://p/x",
        "http://user:word@p:1", "http://p:1?", "http://p:65536"}) {
    const auto refused = ParseProxy(bad);
    EXPECT_EQ(base::ReasonOf(refused.status()), "BAD_PROXY") << bad;
    EXPECT_EQ(refused.status().message().find("word"), absl::string_view::npos);
  }
}

TEST(IsIpAddress, KnowsBothKinds) {
  EXPECT_TRUE(IsIpAddress("127.0.0.1"));
  EXPECT_TRUE(IsIpAddress("2001:db8::1"));
  EXPECT_FALSE(IsIpAddress("localhost"));
  EXPECT_FALSE(IsIpAddress("1.2.3"));
}

}  // namespace
}  // namespace segrid::http
