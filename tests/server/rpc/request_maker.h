// Random bytes of BridgeService's requests, as any encoder may send them.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/testing/random.h"
#include "tests/testing/wire_maker.h"

namespace segrid::rpc {

// Makes requests field by field: any order, scalars repeated, unknown fields
// and groups, known numbers with another wire type. The events are valid. Not
// thread-safe.
class RequestMaker {
 public:
  explicit RequestMaker(testing::Random& random)
      : random_(random), events_(random) {}

  // A TransformRequest and, because the fields' types are the same, a
  // ForwardRequest.
  std::string Request() {
    std::string out;
    for (std::size_t i = random_.Below(7); i > 0; --i) RequestField(out);
    return out;
  }

  // A TransformStreamRequest or ForwardStreamRequest; the inner request may
  // come in pieces.
  std::string StreamMessage() {
    std::string out;
    for (std::size_t i = random_.Below(5); i > 0; --i) {
      switch (random_.Below(4)) {
        case 0:
          Bytes(1, Text(), out);
          break;
        case 1:
        case 2:
          Bytes(2, Request(), out);
          break;
        default:
          Unknown(out);
      }
    }
    return out;
  }

 private:
  void RequestField(std::string& out) {
    switch (random_.Below(6)) {
      case 0:
        return Bytes(1, events_.Event(4), out);
      case 1:
        return Bytes(2, random_.OneIn(3) ? "" : "[{}]", out);
      case 2:
        return Bytes(3, Text(), out);
      case 3:
        Varint(4 << 3, out);
        return Varint(random_.OneIn(4) ? random_.Bits() : random_.Below(4),
                      out);
      default:
        return Unknown(out);
    }
  }

  void Unknown(std::string& out) {
    // Known numbers come with types that are not theirs.
    const std::uint64_t number =
        random_.Pick<std::uint64_t>({1, 2, 3, 4, 5, 99, 123'456});
    switch (random_.Below(4)) {
      case 0:
        Varint(number << 3 | 5, out);
        return void(out.append("abcd"));
      case 1:
        Varint(number << 3 | 1, out);
        return void(out.append("abcdefgh"));
      case 2:
        Varint(number << 3 | 3, out);
        if (random_.OneIn(2)) Unknown(out);
        return Varint(number << 3 | 4, out);
      default:
        return Bytes(number + 1'000, Text(), out);
    }
  }

  std::string Text() {
    return random_.Pick<std::string>({"", "sendgrid_prod", "\xC3\xA9t\xC3\xA9",
                                      std::string(200, 'x'),
                                      random_.OneIn(3) ? "\xFF" : "ok"});
  }

  void Bytes(std::uint64_t number, std::string_view bytes, std::string& out) {
    Varint(number << 3 | 2, out);
    Varint(bytes.size(), out);
    out.append(bytes);
  }

  // Now and then longer than needed.
  void Varint(std::uint64_t value, std::string& out) {
    for (; value >= 0x80; value >>= 7) {
      out.push_back(static_cast<char>(value | 0x80));
    }
    if (value != 0 && value < 4 && random_.OneIn(9)) {
      out.push_back(static_cast<char>(value | 0x80));
      value = 0;
    }
    out.push_back(static_cast<char>(value));
  }

  testing::Random& random_;
  testing::WireMaker events_;
};

}  // namespace segrid::rpc
