#include "core/transform/personal.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/transform/convert.h"

namespace segrid::transform {

using catalog::Privacy;
using codec::Kind;
using codec::TextArena;
using codec::Value;

namespace {

// The network of an address: of IPv4 all but the last octet, of IPv6 the first
// 48 bits. kMissing when it is none.
Value Truncated(Value ip, TextArena& texts) {
  constexpr std::size_t kKeptBytesV6 = 6;
  std::array<char, INET6_ADDRSTRLEN> text{};
  const std::string_view given = PlainText(ip, texts);
  if (given.size() >= text.size()) return Value();
  std::copy(given.begin(), given.end(), text.begin());
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  int family = AF_INET;
  if (inet_pton(family, text.data(), bytes.data()) == 1) {
    bytes[sizeof(in_addr) - 1] = 0;
  } else {
    family = AF_INET6;
    if (inet_pton(family, text.data(), bytes.data()) != 1) return Value();
    std::fill(bytes.begin() + kKeptBytesV6, bytes.end(),
              static_cast<unsigned char>(0));
  }
  char* const out = texts.Reserve(INET6_ADDRSTRLEN);
  if (inet_ntop(family, bytes.data(), out, INET6_ADDRSTRLEN) == nullptr) {
    return Value();
  }
  return Value(Kind::kCleanText, texts.Keep(std::strlen(out)));
}

Value WithoutQuery(Value url, TextArena& texts) {
  const Value plain = Plain(url, texts);
  const std::string_view kept =
      plain.text().substr(0, plain.text().find_first_of("?#"));
  return kept.empty() ? Value() : Value(plain.kind, kept);
}

void Treat(Privacy privacy, const Personal& rules, TextArena& texts,
           Value& value) {
  if (value.missing()) return;
  const auto apply = [&value](Treatment treatment, auto shorten) {
    if (treatment == Treatment::kOmit) value = Value();
    if (treatment == Treatment::kTruncate) value = shorten(value);
  };
  const auto keep = [](Value given) { return given; };
  switch (privacy) {
    case Privacy::kEmail:
      return apply(rules.email, keep);
    case Privacy::kIp:
      return apply(rules.ip,
                   [&texts](Value ip) { return Truncated(ip, texts); });
    case Privacy::kUserAgent:
      return apply(rules.user_agent, keep);
    case Privacy::kLink:
      if (rules.link_query == Treatment::kOmit) {
        value = WithoutQuery(value, texts);
      }
      return;
    case Privacy::kPublic:
    case Privacy::kPersonal:
      return;
  }
}

}  // namespace

void HidePersonal(const Personal& rules, TextArena& texts,
                  codec::Track& track) {
  for (std::size_t i = 0; i < catalog::kPropertyCount; ++i) {
    const catalog::FieldId field =
        catalog::FindField(catalog::kProperties[i].first);
    if (field == catalog::kNoField) continue;
    Treat(catalog::Row(field).privacy, rules, texts, track.properties[i]);
  }
  for (codec::Extra& extra : track.extras) {
    if (extra.field == catalog::kNoField) continue;
    Treat(catalog::Row(extra.field).privacy, rules, texts, extra.value);
  }
  std::erase_if(track.extras, [](const codec::Extra& extra) {
    return extra.value.missing();
  });
}

}  // namespace segrid::transform
