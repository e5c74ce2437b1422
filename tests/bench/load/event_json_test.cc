#include "bench/load/event_json.h"

#include <string>
#include <vector>

#include "bench/load/event_generator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(EventJson, ComesBackAsItWas) {
  EventGenerator generator(11);
  for (int i = 0; i < 500; ++i) {
    const auto event = generator.Next();
    const auto back = JsonToEvent(EventToJson(event));
    ASSERT_TRUE(back.ok()) << back.status();
    // A map's bytes have no order: the text has.
    EXPECT_EQ(back->DebugString(), event.DebugString());
  }
}

TEST(EventJson, SpellsValuesLikeRealBodies) {
  segrid::v1::SendGridEvent event;
  event.set_smtp_id("<a@b>");
  event.set_attempt(3);
  event.set_tls(true);
  event.add_category("one");
  event.mutable_pool()->set_id("210");
  (*event.mutable_custom_args())["order \"x\""] = "7\n";
  const std::string json = EventToJson(event);
  EXPECT_THAT(json, HasSubstr(R"("smtp-id":"<a@b>")"));
  EXPECT_THAT(json, HasSubstr(R"("attempt":"3")"));
  EXPECT_THAT(json, HasSubstr(R"("tls":1)"));
  EXPECT_THAT(json, HasSubstr(R"("category":"one")"));
  EXPECT_THAT(json, HasSubstr(R"("pool":{"id":210})"));
  EXPECT_THAT(json, HasSubstr(R"("order \"x\"":"7\n")"));
}

TEST(EventJson, ConvertsWhatIsSafeAndKeepsUnknownKeys) {
  const auto event = JsonToEvent(
      R"({"timestamp":"17","asm_group_id":{},"campaign":5,"list":[1],)"
      R"("category":["a","b"],"singlesend_id":12})");
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->timestamp(), 17);
  EXPECT_FALSE(event->has_asm_group_id());
  EXPECT_EQ(event->custom_args().at("campaign"), "5");
  EXPECT_EQ(event->custom_args().count("list"), 0U);
  EXPECT_EQ(event->category_size(), 2);
  EXPECT_EQ(event->singlesend_id(), "12");
}

TEST(EventJson, SplitsABodyIntoItsElementsAsTheyAre) {
  const auto elements = SplitBody(
      "[{\"a\":1.50, \"b\":\"\\u0041\"} ,\r\n null,[1, 2],\"x\",{}]\r\n");
  ASSERT_TRUE(elements.ok()) << elements.status();
  EXPECT_THAT(*elements, ElementsAre(R"({"a":1.50, "b":"\u0041"})", "null",
                                     "[1, 2]", "\"x\"", "{}"));
  EXPECT_EQ(JoinBody({"1", "2"}), "[1,\n2]");
}

TEST(EventJson, RefusesWhatIsNoBody) {
  EXPECT_FALSE(SplitBody("{}").ok());
  EXPECT_FALSE(SplitBody("[{]").ok());
  EXPECT_FALSE(JsonToEvent("[]").ok());
}

}  // namespace
}  // namespace segrid::bench
