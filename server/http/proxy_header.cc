#include "server/http/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace segrid::httpd {
namespace {

constexpr std::string_view kText = "PROXY ";
constexpr std::string_view kBinary("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kMaxTextBytes = 107;
constexpr std::size_t kBinaryHeadBytes = 16;
// Addresses take 36; the rest are notes of the proxy's (TLS, authority).
constexpr std::size_t kMaxBinaryBytes = 4'096;

bool IsPort(std::string_view text) {
  std::uint32_t port = 0;
  return !text.empty() && text.size() <= 5 && text[0] != '+' &&
         (text[0] != '0' || text == "0") &&
         absl::SimpleAtoi(absl::string_view(text.data(), text.size()), &port) &&
         port <= 65'535;
}

std::optional<sockaddr_storage> ParseAddress(int family,
                                             const std::string& text) {
  sockaddr_storage address{};
  address.ss_family = static_cast<sa_family_t>(family);
  void* const at =
      family == AF_INET
          ? static_cast<void*>(
                &reinterpret_cast<sockaddr_in&>(address).sin_addr)
          : static_cast<void*>(
                &reinterpret_cast<sockaddr_in6&>(address).sin6_addr);
  if (::inet_pton(family, text.c_str(), at) != 1) return std::nullopt;
  return address;
}

}  // namespace

ProxyHeader::State ProxyHeader::Finish(bool good) {
  wanted_ = 0;
  if (!good) peer_.reset();
  return good ? State::kDone : State::kBad;
}

ProxyHeader::State ProxyHeader::Feed(std::string_view bytes) {
  bytes_.append(bytes);
  wanted_ -= bytes.size();
  if (wanted_ > 0) return State::kMore;
  return std::string_view(bytes_).starts_with(kBinary) ? ReadBinary()
                                                       : ReadText();
}

ProxyHeader::State ProxyHeader::ReadText() {
  if (!std::string_view(bytes_).starts_with(kText)) return Finish(false);
  if (!std::string_view(bytes_).ends_with("\r\n")) {
    // A byte at a time, because what comes behind the line is not ours.
    wanted_ = 1;
    const bool fits = bytes_.size() < kMaxTextBytes;
    return fits && bytes_.find('\n') == std::string::npos ? State::kMore
                                                          : Finish(false);
  }
  const std::vector<std::string> words = absl::StrSplit(
      absl::string_view(bytes_).substr(0, bytes_.size() - 2), ' ');
  if (words[1] == "UNKNOWN") return Finish(true);
  const bool is_v4 = words[1] == "TCP4";
  if (words.size() != 6 || (!is_v4 && words[1] != "TCP6")) return Finish(false);
  const int family = is_v4 ? AF_INET : AF_INET6;
  peer_ = ParseAddress(family, words[2]);
  return Finish(peer_.has_value() && ParseAddress(family, words[3]) &&
                IsPort(words[4]) && IsPort(words[5]));
}

ProxyHeader::State ProxyHeader::ReadBinary() {
  const auto byte = [this](std::size_t at) {
    return static_cast<std::uint8_t>(bytes_[at]);
  };
  if (bytes_.size() < kBinaryHeadBytes) {
    wanted_ = kBinaryHeadBytes - bytes_.size();
    return State::kMore;
  }
  const std::size_t length = static_cast<std::size_t>(byte(14)) << 8 |
                             static_cast<std::size_t>(byte(15));
  if (length > kMaxBinaryBytes) return Finish(false);
  if (bytes_.size() < kBinaryHeadBytes + length) {
    wanted_ = kBinaryHeadBytes + length - bytes_.size();
    return State::kMore;
  }
  constexpr std::uint8_t kLocal = 0x20;
  constexpr std::uint8_t kProxied = 0x21;
  constexpr std::uint8_t kTcp4 = 0x11;
  constexpr std::uint8_t kTcp6 = 0x21;
  if (byte(12) == kLocal) return Finish(true);
  if (byte(12) != kProxied) return Finish(false);
  sockaddr_storage address{};
  if (byte(13) == kTcp4 && length >= 12) {
    address.ss_family = AF_INET;
    std::memcpy(&reinterpret_cast<sockaddr_in&>(address).sin_addr,
                &bytes_[kBinaryHeadBytes], 4);
    peer_ = address;
  } else if (byte(13) == kTcp6 && length >= 36) {
    address.ss_family = AF_INET6;
    std::memcpy(&reinterpret_cast<sockaddr_in6&>(address).sin6_addr,
                &bytes_[kBinaryHeadBytes], 16);
    peer_ = address;
  } else if (byte(13) == kTcp4 || byte(13) == kTcp6) {
    return Finish(false);
  }
  return Finish(true);
}

}  // namespace segrid::httpd
