// Which events a source gets, by what is in them: mapping.md, 3.12.

#include "core/transform/routing.h"

#include <string>
#include <vector>

#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

Condition On(std::string_view key, std::vector<std::string> values,
             std::string_view parent = {}) {
  return {.field = catalog::FindField(key, parent),
          .custom_arg = {},
          .values = std::move(values)};
}

Condition OnArgument(std::string name, std::vector<std::string> values) {
  return {.field = catalog::kNoField,
          .custom_arg = std::move(name),
          .values = std::move(values)};
}

bool Fits(std::string_view members, const Route& route) {
  Options only;
  only.only = {route};
  Options except;
  except.except = {route};
  const Reason with = TransformEvent(members, only).reason;
  const Reason without = TransformEvent(members, except).reason;
  EXPECT_NE(with, without) << members;
  EXPECT_TRUE(with == Reason::kNone || with == Reason::kNotRouted);
  return with == Reason::kNone;
}

TEST(Routing, AConditionFitsOneOfItsValuesAfterConversion) {
  const struct {
    const char* members;
    Route route;
    bool fits;
  } rows[] = {
      {R"("category":"news")", {On("category", {"x", "news"})}, true},
      {R"("category":["a","news"])", {On("category", {"news"})}, true},
      {R"("category":["a",5])", {On("category", {"5"})}, true},
      {R"("category":["a"])", {On("category", {"news"})}, false},
      {R"("category":[])", {On("category", {""})}, false},
      {R"("x":1)", {On("category", {"news"})}, false},
      {R"("category":"News")", {On("category", {"news"})}, false},
      {R"("sg_user_id":"0123")", {On("sg_user_id", {"123"})}, true},
      {R"("sg_user_id":123)", {On("sg_user_id", {"123"})}, true},
      {R"("sg_user_id":"x")", {On("sg_user_id", {"x"})}, false},
      {R"("tls":"1")", {On("tls", {"true"})}, true},
      {R"("tls":0)", {On("tls", {"false"})}, true},
      {R"("tls":0)", {On("tls", {"0"})}, false},
      {R"("status":5.10)", {On("status", {"5.10"})}, true},
      {R"("reason":"a\n\u0062")", {On("reason", {"a\nb"})}, true},
      {R"("timestamp":"1591726752.0")",
       {On("timestamp", {"1591726752"})},
       true},
      {R"("pool":{"name":"main","id":1})",
       {On("name", {"main"}, "pool")},
       true},
      {R"("pool":{"id":"main"})", {On("name", {"main"}, "pool")}, false},
      {R"("pool":"main")", {On("name", {"main"}, "pool")}, false},
      {R"("env":"production")", {OnArgument("env", {"production"})}, true},
      {R"("env":true)", {OnArgument("env", {"true"})}, true},
      {R"("env":"a","env":"b")", {OnArgument("env", {"a"})}, false},
      {R"("custom_args":{"env":"a"})", {OnArgument("env", {"a"})}, true},
      {R"("env":{})", {OnArgument("env", {""})}, false},
      {R"("event":"bounce")", {On("event", {"bounce"})}, true},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(Fits(row.members, row.route), row.fits) << row.members;
  }
}

TEST(Routing, AllConditionsOfAMapMustFitAndOneMapOfAList) {
  const Condition news = On("category", {"news"});
  const Condition production = OnArgument("env", {"production"});
  EXPECT_TRUE(
      Fits(R"("category":"news","env":"production")", {news, production}));
  EXPECT_FALSE(Fits(R"("category":"news")", {news, production}));
  Options options;
  options.only = {{news}, {production}};
  options.except = {{On("tls", {"true"})}, {On("status", {"5"}), news}};
  const struct {
    const char* members;
    Reason reason;
  } rows[] = {{R"("category":"news")", Reason::kNone},
              {R"("env":"production")", Reason::kNone},
              {R"("env":"staging")", Reason::kNotRouted},
              {R"("category":"news","tls":1)", Reason::kNotRouted},
              {R"("category":"news","status":"5")", Reason::kNotRouted},
              {R"("env":"production","status":"5")", Reason::kNone}};
  for (const auto& row : rows) {
    EXPECT_EQ(TransformEvent(row.members, options).reason, row.reason)
        << row.members;
  }
}

TEST(Routing, TypedEventsFollowTheSameConditions) {
  v1::SendGridEvent typed;
  typed.set_event("processed");
  typed.set_email("a@b.c");
  typed.set_timestamp(1);
  typed.mutable_pool()->set_name("main");
  (*typed.mutable_custom_args())["env"] = "production";
  Options options;
  options.only = {
      {On("name", {"main"}, "pool"), OnArgument("env", {"production"})}};
  EXPECT_EQ(TransformTyped(typed, options).reason, Reason::kNone);
  (*typed.mutable_custom_args())["env"] = "staging";
  EXPECT_EQ(TransformTyped(typed, options).reason, Reason::kNotRouted);
}

}  // namespace
}  // namespace segrid::transform
