#include "tests/testing/json_maker.h"

#include <array>
#include <cstdio>

#include "core/catalog/catalog.h"

namespace segrid::testing {
namespace {

constexpr auto kWords = std::to_array<std::string_view>(
    {"Ada@Example.com",
     " x@y.z ",
     "news",
     "a",
     "",
     "12",
     "-7",
     "0",
     "1",
     "true",
     "false",
     "singlesend",
     "automation",
     "send",
     "test",
     "bounce",
     "blocked",
     "1591726752",
     "1591726752123",
     "https://example.com/a?b=1&c",
     "c2VnLWV2ZW50LWlk",
     "é",
     "日本語",
     "😀",
     "\xC2\x80",
     "\xEF\xBF\xBF",
     "{\\\"x\\\":[1]}",
     "a much longer text that takes more than one register",
     "/",
     "\x7F"});

// Latin-1, cut off, overlong, surrogates, beyond the last character.
constexpr auto kNotUtf8 = std::to_array<std::string_view>(
    {"caf\xE9", "\xE2\x82", "\xF0\x9F\x99", "\xC0\xAF", "\xED\xA0\x80",
     "\xF4\x90\x80\x80", "\xFF", "\xE2\x82\xE2\x82\xAC"});

// Those that a typed event can say, too.
constexpr auto kTimes = std::to_array<std::string_view>(
    {"1591726752", "\"1591726752\"", "1591726752123", "99999999999",
     "100000000000", "253402300799999", "1591726752.0", "1591726752.5129",
     "1.591726752e9", "\"1.591726752512E+9\"", "1.59173e9",
     "\"2020-06-09T18:19:12Z\"", "\"2020-06-09 20:19:12.5+02:00\"",
     "\"2020-02-30T00:00:00Z\"", "1591726752123.9", "15917267520e-1"});

constexpr auto kAgents = std::to_array<std::string_view>(
    {"curl/8.5.0", "Mozilla/5.0", "Mozilla/5.0 (X11) HeadlessChrome/74.0",
     "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0"});

constexpr auto kAddresses = std::to_array<std::string_view>(
    {"203.0.113.9", "2001:db8:85a3::8a2e:370:7334", "::ffff:203.0.113.9",
     "no address"});

constexpr auto kArguments =
    std::to_array<std::string_view>({"subject",
                                     "email_subject",
                                     "user",
                                     "name",
                                     "id",
                                     "index",
                                     "campaign_id",
                                     "email_type",
                                     "",
                                     "smtp_id",
                                     "Email",
                                     "emai",
                                     "emaill",
                                     "sg_event_ie",
                                     "category2",
                                     "custom",
                                     "é",
                                     "newsletter_id",
                                     "extra",
                                     "categories",
                                     "unsubscribe_group_id",
                                     "x_message_id",
                                     "suspected_bot",
                                     "automation_step_id"});

}  // namespace

std::string JsonMaker::Body(std::size_t max_elements, bool wild) {
  wild_ = wild;
  out_.clear();
  White();
  out_ += '[';
  for (std::size_t left = random_.Below(max_elements + 1); left > 0; --left) {
    White();
    if (random_.OneIn(20)) {
      Value(3);
    } else {
      Event();
    }
    White();
    if (left > 1) out_ += ',';
  }
  White();
  out_ += ']';
  White();
  return out_;
}

void JsonMaker::Event() {
  out_ += '{';
  White();
  Essentials();
  for (std::size_t left = random_.Below(12); left > 0; --left) Field();
  if (random_.OneIn(40)) {
    for (std::size_t left = random_.Below(300); left > 0; --left) Field();
  }
  out_ += '}';
}

void JsonMaker::Essentials() {
  if (!random_.OneIn(10)) {
    Member("event");
    out_ += '"';
    out_ += random_.OneIn(20) ? "unheard_of"
                              : random_.PickFrom(catalog::kEvents).sendgrid;
    out_ += '"';
  }
  if (!random_.OneIn(10)) {
    Member("email");
    String();
  }
  if (!random_.OneIn(10)) {
    Member("timestamp");
    out_ += random_.PickFrom(kTimes);
  }
}

void JsonMaker::Comma() {
  if (out_.back() == ',' || out_.back() == '{') return;
  White();
  out_ += ',';
  White();
}

void JsonMaker::Member(std::string_view key) {
  std::size_t last = out_.size();
  while (std::string_view(" \t\r\n").find(out_[last - 1]) !=
         std::string_view::npos) {
    --last;
  }
  if (out_[last - 1] != '{') Comma();
  Key(key);
  White();
  out_ += ':';
  White();
}

void JsonMaker::Field() {
  if (random_.OneIn(25)) {
    Member(random_.PickFrom(catalog::kArgumentObjects));
    return random_.OneIn(8) ? Value(2) : ArgumentObject();
  }
  if (random_.OneIn(25)) {
    Member("ip");
    out_.append("\"").append(random_.PickFrom(kAddresses)).append("\"");
    return;
  }
  if (random_.OneIn(25)) {
    Member("useragent");
    out_.append("\"").append(random_.PickFrom(kAgents)).append("\"");
    return;
  }
  if (random_.OneIn(3)) {
    if (random_.OneIn(4)) {
      Member(std::to_string(random_.Below(50)));
    } else {
      Member(random_.PickFrom(kArguments));
    }
    return Value(2);
  }
  const catalog::FieldRow& row = random_.PickFrom(catalog::kFields);
  Member(row.key);
  if (row.type == catalog::Type::kObject && !random_.OneIn(4)) {
    Object(row.key);
  } else if (row.type == catalog::Type::kStringList && !random_.OneIn(4)) {
    List();
  } else if (random_.OneIn(2)) {
    String();
  } else {
    Value(2);
  }
}

void JsonMaker::Value(int depth) {
  switch (random_.Below(9)) {
    case 0:
      out_ += "true";
      break;
    case 1:
      out_ += "false";
      break;
    case 2:
      out_ += "null";
      break;
    case 3:
    case 4:
      Number();
      break;
    case 5:
      if (depth > 0) return Composite(depth - 1);
      [[fallthrough]];
    default:
      String();
  }
}

void JsonMaker::Composite(int depth) {
  const bool object = random_.OneIn(2);
  out_ += object ? '{' : '[';
  for (std::size_t left = random_.Below(4); left > 0; --left) {
    White();
    if (object) {
      String();
      White();
      out_ += ':';
      White();
    }
    Value(depth);
    White();
    if (left > 1) out_ += ',';
  }
  White();
  out_ += object ? '}' : ']';
}

void JsonMaker::List() {
  out_ += '[';
  for (std::size_t left = random_.Below(5); left > 0; --left) {
    White();
    Value(1);
    White();
    if (left > 1) out_ += ',';
  }
  out_ += ']';
}

void JsonMaker::Object(std::string_view parent) {
  const catalog::Members members =
      catalog::MembersOf(catalog::FindField(parent));
  out_ += '{';
  for (std::size_t left = random_.Below(5); left > 0; --left) {
    White();
    if (random_.OneIn(5)) {
      String();
    } else {
      const std::size_t row = members.first + random_.Below(members.count);
      Key(catalog::kFields[row].key);
    }
    out_ += ':';
    Value(1);
    if (left > 1) out_ += ',';
  }
  out_ += '}';
}

void JsonMaker::ArgumentObject() {
  out_ += '{';
  for (std::size_t left = random_.Below(5); left > 0; --left) {
    White();
    Key(random_.OneIn(4)   ? random_.PickFrom(catalog::kFields).key
        : random_.OneIn(6) ? random_.PickFrom(catalog::kArgumentObjects)
                           : random_.PickFrom(kArguments));
    out_ += ':';
    Value(1);
    if (left > 1) out_ += ',';
  }
  out_ += '}';
}

void JsonMaker::String() {
  out_ += '"';
  for (std::size_t left = random_.Below(3); left > 0; --left) {
    out_ += random_.PickFrom(kWords);
    if (wild_ && random_.OneIn(20)) out_ += random_.PickFrom(kNotUtf8);
    if (random_.OneIn(4)) Escape();
    if (random_.OneIn(30)) out_.append(random_.Below(300), 'x');
  }
  out_ += '"';
}

void JsonMaker::Key(std::string_view key) {
  out_ += '"';
  for (const char c : key) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80 && random_.OneIn(200)) {
      char escape[8];
      std::snprintf(escape, sizeof(escape), "\\u%04X", byte);
      out_ += escape;
    } else {
      out_ += c;
    }
  }
  out_ += '"';
}

void JsonMaker::Escape() {
  if (wild_ && random_.OneIn(2)) {
    out_ += random_.Pick<std::string_view>(
        {"\\ud800", "\\udfff", "\\uD83D\\n", "\\ude00\\ud83d", "\\ud83dx"});
    return;
  }
  out_ += random_.Pick<std::string_view>(
      {"\\n", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r", "\\t", "\\u0000",
       "\\u001f", "\\u0041", "\\u00e9", "\\u20AC", "\\uFFFF", "\\ud83d\\ude00",
       "\\uDBFF\\uDFFF", "\\u005c", "\\u0022", "\\u007f"});
}

void JsonMaker::Number() {
  if (wild_ && random_.OneIn(2)) {
    out_ += random_.Pick<std::string_view>(
        {"1e400", "-1e999", "18446744073709551616", "-9223372036854775809",
         "100000000000000000000000000000000000000"});
    return;
  }
  out_ += random_.Pick<std::string_view>({"0",
                                          "1",
                                          "-1",
                                          "-0",
                                          "42",
                                          "1591726752",
                                          "1591726752123",
                                          "9223372036854775807",
                                          "-9223372036854775808",
                                          "9223372036854775808",
                                          "18446744073709551615",
                                          "0.5",
                                          "-1.25",
                                          "1e2",
                                          "1E+2",
                                          "2e-3",
                                          "10.0",
                                          "1.7976931348623157e308",
                                          "4.9e-324",
                                          "1e-400"});
}

void JsonMaker::White() {
  if (!random_.OneIn(12)) return;
  out_ += random_.Pick<std::string_view>({" ", "\t", "\r\n", "\n", "     "});
}

}  // namespace segrid::testing
