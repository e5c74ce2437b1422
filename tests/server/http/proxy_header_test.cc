#include "server/http/proxy_header.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/http/networks.h"

namespace segrid::httpd {
namespace {

using State = ProxyHeader::State;

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

// A header of version 2 with these bytes after the signature.
std::string Binary(std::vector<int> bytes) {
  std::string header = kSignature;
  for (const int byte : bytes) header.push_back(static_cast<char>(byte));
  return header;
}

struct Case {
  std::string name;
  std::string bytes;
  State state;
  std::string network = "";  // In which the peer is; "" when there is none.
};

std::vector<Case> Cases() {
  const std::vector<int> v4 = {10, 1, 2, 3, 127, 0, 0, 1, 0, 80, 0, 90};
  const auto with = [](std::vector<int> head, const std::vector<int>& tail) {
    head.insert(head.end(), tail.begin(), tail.end());
    return Binary(std::move(head));
  };
  std::vector<int> v6(36, 0);
  v6[0] = 0x20;
  v6[1] = 0x01;
  return {
      {"Text4", "PROXY TCP4 10.1.2.3 127.0.0.1 56324 443\r\n", State::kDone,
       "10.1.2.3"},
      {"Text6", "PROXY TCP6 2001:db8::7 ::1 1 2\r\n", State::kDone,
       "2001:db8::7"},
      {"TextUnknown", "PROXY UNKNOWN\r\n", State::kDone},
      {"TextUnknownWithMore", "PROXY UNKNOWN ffff::1 ffff::1 1 2\r\n",
       State::kDone},
      {"NoHeader", "GET / HTTP/1.1\r\n", State::kBad},
      {"Tls", "\x16\x03\x01\x02\x01\x01\x01\xfc\x03\x03xx", State::kBad},
      {"TextLineFeedOnly", "PROXY TCP4 10.1.2.3 127.0.0.1 1 2\n", State::kBad},
      {"TextFewWords", "PROXY TCP4 10.1.2.3 127.0.0.1 1\r\n", State::kBad},
      {"TextManyWords", "PROXY TCP4 10.1.2.3 127.0.0.1 1 2 3\r\n", State::kBad},
      {"TextOtherFamily", "PROXY TCP4 2001:db8::7 ::1 1 2\r\n", State::kBad},
      {"TextBadPort", "PROXY TCP4 10.1.2.3 127.0.0.1 65536 2\r\n", State::kBad},
      {"TextSignedPort", "PROXY TCP4 10.1.2.3 127.0.0.1 +5 2\r\n", State::kBad},
      {"TextUdp", "PROXY UDP4 10.1.2.3 127.0.0.1 1 2\r\n", State::kBad},
      {"TextEndless", "PROXY TCP4 " + std::string(200, '1'), State::kBad},
      {"Binary4", with({0x21, 0x11, 0, 12}, v4), State::kDone, "10.1.2.3"},
      {"Binary4WithNotes", with({0x21, 0x11, 0, 14}, v4) + "xy", State::kDone,
       "10.1.2.3"},
      {"Binary6", with({0x21, 0x21, 0, 36}, v6), State::kDone, "2001::/32"},
      {"BinaryLocal", Binary({0x20, 0, 0, 0}), State::kDone},
      {"BinaryLocalWithAddress", with({0x20, 0x11, 0, 12}, v4), State::kDone},
      {"BinaryUnix", with({0x21, 0x31, 0, 12}, v4), State::kDone},
      {"BinaryShort", with({0x21, 0x11, 0, 11}, v4), State::kBad},
      {"BinaryOtherVersion", with({0x31, 0x11, 0, 12}, v4), State::kBad},
      {"BinaryOtherCommand", with({0x22, 0x11, 0, 12}, v4), State::kBad},
      {"BinaryHuge", Binary({0x21, 0x11, 0xFF, 0xFF}), State::kBad},
  };
}

TEST(ProxyHeader, NamesThePeerAndTakesNotAByteMore) {
  for (const Case& each : Cases()) {
    const std::string sent = each.bytes + "GET /next";
    ProxyHeader header;
    State state = State::kMore;
    std::size_t at = 0;
    while (state == State::kMore && at < sent.size()) {
      // As a socket gives them: fewer than were asked for.
      const std::size_t length =
          std::min({header.wanted(), sent.size() - at, std::size_t{5}});
      state = header.Feed(std::string_view(sent).substr(at, length));
      at += length;
    }
    EXPECT_EQ(state, each.state) << each.name;
    if (state == State::kDone) {
      EXPECT_EQ(at, each.bytes.size()) << each.name;
    }
    EXPECT_EQ(header.peer().has_value(), !each.network.empty()) << each.name;
    if (header.peer().has_value()) {
      EXPECT_TRUE(Networks({each.network}).Contains(*header.peer()))
          << each.name;
    }
  }
}

}  // namespace
}  // namespace segrid::httpd
