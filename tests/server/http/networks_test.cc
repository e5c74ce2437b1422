#include "server/http/networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::httpd {
namespace {

sockaddr_storage At(const std::string& text) {
  sockaddr_storage address{};
  auto& v4 = reinterpret_cast<sockaddr_in&>(address);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address);
  if (::inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
    address.ss_family = AF_INET;
  } else if (::inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
    address.ss_family = AF_INET6;
  } else {
    address.ss_family = AF_UNIX;
  }
  return address;
}

struct Case {
  std::string network;
  std::string address;
  bool contains;
};

TEST(Networks, ContainWhatTheirBitsSay) {
  const std::vector<Case> cases = {
      {"10.0.0.0/8", "10.255.1.2", true},
      {"10.0.0.0/8", "11.0.0.0", false},
      {"10.0.0.0/8", "::ffff:10.1.1.1", true},
      {"192.0.2.1", "192.0.2.1", true},
      {"192.0.2.1", "192.0.2.2", false},
      {"192.0.2.0/31", "192.0.2.1", true},
      {"192.0.2.0/31", "192.0.2.2", false},
      {"0.0.0.0/0", "203.0.113.7", true},
      {"0.0.0.0/0", "2001:db8::1", false},
      {"::/0", "2001:db8::1", true},
      {"2001:db8::/33", "2001:db8:7fff::1", true},
      {"2001:db8::/33", "2001:db8:8000::1", false},
      {"::1", "::1", true},
      {"::1", "unix", false},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(Networks({each.network}).Contains(At(each.address)),
              each.contains)
        << each.network << " " << each.address;
  }
  EXPECT_FALSE(Networks({}).Contains(At("10.0.0.1")));
  EXPECT_TRUE(Networks({"10.0.0.1", "10.0.0.2"}).Contains(At("10.0.0.2")));
}

TEST(Networks, KnowLoopback) {
  for (const char* address :
       {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "unix"}) {
    EXPECT_TRUE(IsLoopback(At(address))) << address;
  }
  for (const char* address : {"128.0.0.1", "10.0.0.1", "::2", "2001:db8::1"}) {
    EXPECT_FALSE(IsLoopback(At(address))) << address;
  }
}

TEST(Networks, CountAnIpv6NetworkAsOnePeer) {
  EXPECT_EQ(PeerOf(At("2001:db8::1")), PeerOf(At("2001:db8::2:3:4:5")));
  EXPECT_NE(PeerOf(At("2001:db8::1")), PeerOf(At("2001:db8:0:1::1")));
  EXPECT_EQ(PeerOf(At("::ffff:192.0.2.1")), PeerOf(At("192.0.2.1")));
  EXPECT_NE(PeerOf(At("192.0.2.1")), PeerOf(At("192.0.2.2")));
}

}  // namespace
}  // namespace segrid::httpd
