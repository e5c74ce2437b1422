// Conversions by themselves: mapping.md, 3.4.

#include "core/transform/convert.h"

#include <limits>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/core/transform/one_event.h"
#include "tests/testing/event_dump.h"

namespace segrid::transform {
namespace {

using codec::Event;
using codec::Kind;
using codec::Value;

TEST(ParseInteger, TakesDigitsWithAMinus) {
  const struct {
    const char* text;
    std::int64_t number;
  } rows[] = {
      {"0", 0},
      {"-0", 0},
      {"7", 7},
      {"-7", -7},
      {"007", 7},
      {"9223372036854775807", std::numeric_limits<std::int64_t>::max()},
      {"-9223372036854775808", std::numeric_limits<std::int64_t>::min()}};
  for (const auto& row : rows) {
    EXPECT_EQ(ParseInteger(row.text), row.number) << row.text;
  }
  for (const char* bad :
       {"", "-", "+1", " 1", "1 ", "1.0", "1e3", "0x1", "9223372036854775808",
        "-9223372036854775809", "--1", "1-", "true", "１"}) {
    EXPECT_EQ(ParseInteger(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(ParseInteger(std::string_view("1\0", 2)), std::nullopt);
}

// The kinds that a value can have before it is converted.
std::vector<Value> AllKinds() {
  std::vector<Value> values = {Value(),
                               Value(Kind::kText, "t"),
                               Value(Kind::kCleanText, "1"),
                               Value(Kind::kEscapedText, R"(\u0031)"),
                               Value(Kind::kNumber, "1"),
                               Value(Kind::kNumber, "0"),
                               Value(Kind::kNumber, "-1.5"),
                               Value::OfKind(Kind::kTrue),
                               Value::OfKind(Kind::kFalse),
                               Value::OfKind(Kind::kComposite),
                               Value::OfKind(Kind::kObject)};
  return values;
}

TEST(Convert, EachKindGivesTheTypeOrIsDropped) {
  for (const Value& given : AllKinds()) {
    codec::TextArena texts;
    FieldCounts counts;
    Value text = given;
    ToText(text, counts);
    EXPECT_TRUE(text.missing() || text.is_text());
    Value integer = given;
    ToInteger(integer, texts, counts);
    EXPECT_TRUE(integer.missing() || integer.kind == Kind::kInteger);
    Value boolean = given;
    ToBoolean(boolean, texts, counts);
    EXPECT_TRUE(boolean.missing() || boolean.kind == Kind::kTrue ||
                boolean.kind == Kind::kFalse);
    Event event;
    Value list = given;
    ToList(list, event, counts);
    EXPECT_TRUE(list.missing() || list.kind == Kind::kList);
    // What was converted stays as it is and counts nothing.
    const FieldCounts before = counts;
    ToText(text, counts);
    ToInteger(integer, texts, counts);
    ToBoolean(boolean, texts, counts);
    ToList(list, event, counts);
    EXPECT_EQ(counts.coerced, before.coerced);
    EXPECT_EQ(counts.dropped, before.dropped);
  }
}

TEST(Convert, MissingValuesCountNothing) {
  codec::TextArena texts;
  FieldCounts counts;
  Event event;
  Value value;
  ToText(value, counts);
  ToInteger(value, texts, counts);
  ToBoolean(value, texts, counts);
  ToList(value, event, counts);
  EXPECT_TRUE(value.missing());
  EXPECT_EQ(counts.coerced + counts.dropped, 0);
}

TEST(ConvertAll, MakesEveryFieldTheTypeOfItsRow) {
  const std::string body =
      R"([{"email":"a","event":"open","timestamp":"5","category":[1,"",{}],)"
      R"("sg_machine_open":"1","template_id":7,"asm_group_id":"x","tls":{},)"
      R"("pool":{"id":9,"name":[]},"url_offset":{"index":"y"},"a":1,"b":{},)"
      R"("c":null,"reason":"r\n"}])";
  codec::JsonReader reader;
  Event event;
  ASSERT_TRUE(reader.Open(body).ok());
  ASSERT_EQ(reader.Next(event), codec::JsonReader::Step::kEvent);
  FieldCounts counts;
  ConvertAll(event, counts);
  EXPECT_EQ(testing::DumpEvent(event, testing::Args::kListed),
            "email = text a\ntimestamp = number 5\nevent = text open\n"
            "category = list [text 1]\nsg_machine_open = true\n"
            "template_id = text 7\nreason = text r\n\npool = object\n"
            "pool.id = text 9\nargument a = text 1\nargument b = missing\n"
            "argument c = missing\n");
  EXPECT_EQ(counts.coerced, 6);  // timestamp, 1, machine, template, id, a.
  EXPECT_EQ(counts.dropped, 6);  // {}, group, tls, name, index, b.
  const FieldCounts before = counts;
  ConvertAll(event, counts);
  EXPECT_EQ(counts.coerced, before.coerced);
  EXPECT_EQ(counts.dropped, before.dropped);
}

TEST(ConvertAll, NeverConvertsEventAndEmail) {
  for (const char* other : {"1", "true", "[\"x\"]", "{\"x\":1}"}) {
    const std::string body =
        "[{\"email\":" + std::string(other) + ",\"event\":" + other + "}]";
    codec::JsonReader reader;
    Event event;
    ASSERT_TRUE(reader.Open(body).ok());
    ASSERT_EQ(reader.Next(event), codec::JsonReader::Step::kEvent);
    FieldCounts counts;
    ConvertAll(event, counts);
    EXPECT_EQ(testing::DumpEvent(event, testing::Args::kListed), "") << other;
  }
}

}  // namespace
}  // namespace segrid::transform
