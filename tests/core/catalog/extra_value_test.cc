// The numbers that the wire writer uses for opted-in values, read back by the
// generated class.

#include <string>

#include "core/codec/wire_writer.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::codec {
namespace {

// A Track with one extra, as the generated class reads it.
class ExtraValueTest : public ::testing::Test {
 protected:
  v1::ExtraValue Write(std::string_view name, Value value,
                       catalog::FieldId field = catalog::kNoField) {
    Track track;
    event_.from_wire = true;
    track.event = &event_;
    track.anonymous_id.fill('0');
    track.timestamp_ms = 1;
    track.extras.push_back({Value(Kind::kCleanText, name), value, field});
    OutputBuffer output;
    WireWriter().Append(1, track, output);
    v1::TransformResponse response;
    EXPECT_TRUE(response.ParseFromArray(output.begin(),
                                        static_cast<int>(output.size())));
    const auto& extra = response.tracks(0).properties().extra();
    EXPECT_EQ(extra.size(), 1u);
    EXPECT_TRUE(extra.contains(std::string(name)));
    return extra.begin()->second;
  }

  Event event_;
};

using catalog::Field;

TEST_F(ExtraValueTest, ScalarsHaveAKindEach) {
  EXPECT_EQ(Write("reason", Value(Kind::kText, "full")).string_value(), "full");
  EXPECT_EQ(Write("attempt", Value::OfInteger(-3)).integer_value(), -3);
  EXPECT_EQ(Write("zero", Value::OfInteger(0)).kind_case(),
            v1::ExtraValue::kIntegerValue);
  EXPECT_TRUE(Write("tls", Value::OfKind(Kind::kTrue)).bool_value());
  EXPECT_EQ(Write("tls", Value::OfKind(Kind::kFalse)).kind_case(),
            v1::ExtraValue::kBoolValue);
}

TEST_F(ExtraValueTest, AListIsAList) {
  const Value items[] = {Value(Kind::kText, "a"), Value(Kind::kText, "b")};
  Value list = Value::OfKind(Kind::kList);
  list.items = items;
  list.size = 2;
  const v1::ExtraValue value = Write("category", list, Field("category"));
  ASSERT_EQ(value.list_value().values_size(), 2);
  EXPECT_EQ(value.list_value().values(1), "b");
}

TEST_F(ExtraValueTest, EachObjectHasItsMessage) {
  event_.Set(Field("index", "url_offset"), Value::OfInteger(0));
  event_.Set(Field("type", "url_offset"), Value(Kind::kText, "html"));
  event_.Set(Field("name", "pool"), Value(Kind::kText, "p"));
  event_.Set(Field("id", "pool"), Value(Kind::kText, "7"));
  event_.Set(Field("newsletter_user_list_id", "newsletter"),
             Value(Kind::kText, "1"));
  event_.Set(Field("newsletter_id", "newsletter"), Value(Kind::kText, "2"));
  event_.Set(Field("newsletter_send_id", "newsletter"),
             Value(Kind::kText, "3"));
  const Value object = Value::OfKind(Kind::kObject);

  const auto offset = Write("url_offset", object, Field("url_offset"));
  EXPECT_TRUE(offset.url_offset().has_index());
  EXPECT_EQ(offset.url_offset().index(), 0);
  EXPECT_EQ(offset.url_offset().type(), "html");

  const auto pool = Write("pool", object, Field("pool"));
  EXPECT_EQ(pool.pool().name(), "p");
  EXPECT_EQ(pool.pool().id(), "7");

  const auto letter = Write("newsletter", object, Field("newsletter"));
  EXPECT_EQ(letter.newsletter().newsletter_user_list_id(), "1");
  EXPECT_EQ(letter.newsletter().newsletter_id(), "2");
  EXPECT_EQ(letter.newsletter().newsletter_send_id(), "3");
}

}  // namespace
}  // namespace segrid::codec
