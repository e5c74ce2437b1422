#include "server/status_page/json_builder.h"

#include <limits>
#include <string>

#include "gtest/gtest.h"

namespace segrid::status_page {
namespace {

std::string Quoted(std::string_view text) {
  return JsonBuilder().Open('[').Text("", text).Close(']').text();
}

TEST(JsonBuilder, PlacesCommasAndKeys) {
  JsonBuilder json;
  json.Open('{').Number("a", std::int64_t{-1}).Flag("b", true).Open('[', "c");
  json.Number("", 0.5).Open('{').Close('}').Open('{').Text("", "[").Close('}');
  json.Close(']').Text("d", "").Text("e", "{").Number("f", 1e300).Close('}');
  EXPECT_EQ(
      json.text(),
      R"({"a":-1,"b":true,"c":[0.5,{},{"["}],"d":"","e":"{","f":1e+300})");
}

TEST(JsonBuilder, TakesAnyText) {
  struct Case {
    std::string_view text;
    std::string json;
  };
  for (const Case& each : {
           Case{"Caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
                "[\"Caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80\"]"},
           Case{"a\"b\\c", R"(["a\"b\\c"])"},
           Case{"</script>'&", R"(["</script>'&"])"},
           Case{std::string_view("\0\x1F\n", 3), R"(["\u0000\u001f\n"])"},
           // A response that was cut in the middle of a character.
           Case{"\xE2\x82", "[\"\xEF\xBF\xBD\"]"},
           Case{"\xFF\xC0z", "[\"\xEF\xBF\xBD\xEF\xBF\xBDz\"]"},
           Case{"\xED\xA0\x80", "[\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"]"},
       }) {
    EXPECT_EQ(Quoted(each.text), each.json) << each.text;
  }
}

}  // namespace
}  // namespace segrid::status_page
