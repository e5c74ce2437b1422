#include "core/config/network_address.h"

#include <string>

#include "gtest/gtest.h"

namespace segrid::config {
namespace {

TEST(Listen, TakesHostAndPortOrASocket) {
  for (const std::string address :
       {"127.0.0.1:50051", "0.0.0.0:0", "localhost:65535", "[::1]:1",
        "a-b.example.com:443", "unix:/run/a.sock", "unix:relative"}) {
    EXPECT_EQ(CheckListen(address), "") << address;
  }
}

TEST(Listen, RefusesTheRest) {
  for (const std::string address : {"",
                                    "localhost",
                                    ":1",
                                    "127.0.0.1:",
                                    "127.0.0.1:65536",
                                    "127.0.0.1:-1",
                                    "127.0.0.1:1x",
                                    "127.0.0.1:000001",
                                    "256.0.0.1:1",
                                    "1.2.3:1",
                                    "::1:1",
                                    "[::1]",
                                    "[::1",
                                    "[::g]:1",
                                    "[::1]x:1",
                                    "[127.0.0.1]:1",
                                    "a b:1",
                                    "*:1",
                                    "http://a:1",
                                    "unix:",
                                    "dns:a:1"}) {
    EXPECT_NE(CheckListen(address), "") << address;
  }
  EXPECT_EQ(CheckListen("unix:" + std::string(107, 'x')), "");
  EXPECT_NE(CheckListen("unix:" + std::string(108, 'x')), "");
}

TEST(Endpoint, TakesUrls) {
  for (const std::string url :
       {"https://api.segment.io", "https://a.b:8443/", "https://a.b/v1/x",
        "https://[::1]:1/", "http://localhost", "https://10.0.0.1"}) {
    EXPECT_EQ(CheckEndpoint(url), "") << url;
  }
}

TEST(Endpoint, RefusesTheRest) {
  for (const std::string url :
       {"", "api.segment.io", "ftp://a.b", "HTTPS://a.b", "https://",
        "https:///v1", "https://a.b:0", "https://a.b:", "https://a.b:99999",
        "https://u@a.b", "https://u:p@a.b/", "https://a.b?x", "https://a.b/#x",
        "https://a b", "https://a.b/\t", "https://a.b\\@c", "https://é.b",
        "https://[::1", "https://300.1.1.1"}) {
    EXPECT_NE(CheckEndpoint(url), "") << url;
  }
  EXPECT_NE(CheckEndpoint("https://a.b/" + std::string(3000, 'x')), "");
}

TEST(Local, IsWhatOnlyThisMachineReaches) {
  for (const std::string local :
       {"127.0.0.1:1", "127.9.9.9:1", "localhost:1", "[::1]:1", "unix:/a",
        "http://localhost:1/x", "https://127.0.0.1", "http://[::1]/"}) {
    EXPECT_TRUE(IsLocal(local)) << local;
  }
  for (const std::string other :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.0.0.1.example.com:1",
        "localhost.example.com:1", "http://a.b/localhost",
        "http://a.b/127.0.0.1", "[::ffff:127.0.0.1]:1"}) {
    EXPECT_FALSE(IsLocal(other)) << other;
  }
}

}  // namespace
}  // namespace segrid::config
