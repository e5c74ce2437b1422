#include <string>

#include "simdjson.h"
#include "tests/testing/track_as_json.h"

namespace segrid::testing {
namespace {

namespace json = boost::json;
namespace dom = simdjson::dom;

// Sets `twice` when a name stands twice in an object.
json::value AsJson(dom::element element, bool& twice) {
  switch (element.type()) {
    case dom::element_type::OBJECT: {
      json::object object;
      for (const dom::key_value_pair member : dom::object(element)) {
        const auto [at, fresh] =
            object.emplace(member.key, AsJson(member.value, twice));
        twice |= !fresh;
      }
      return object;
    }
    case dom::element_type::ARRAY: {
      json::array array;
      for (const dom::element item : dom::array(element)) {
        array.push_back(AsJson(item, twice));
      }
      return array;
    }
    case dom::element_type::STRING:
      return json::string(std::string_view(element));
    case dom::element_type::INT64:
      return std::int64_t(element);
    case dom::element_type::UINT64:
      return std::uint64_t(element);
    case dom::element_type::DOUBLE:
      return double(element);
    case dom::element_type::BOOL:
      return bool(element);
    case dom::element_type::NULL_VALUE:
      break;
  }
  return nullptr;
}

}  // namespace

json::value ParseTwice(std::string_view text) {
  json::error_code error;
  json::value by_boost = json::parse(text, error);
  if (error) return json::string("Boost.JSON: " + error.message());
  dom::parser parser;
  dom::element root;
  if (const auto failed = parser.parse(text.data(), text.size()).get(root);
      failed != simdjson::SUCCESS) {
    return json::string(simdjson::error_message(failed));
  }
  bool twice = false;
  const json::value by_simdjson = AsJson(root, twice);
  if (twice) return json::string("a name stands twice in an object");
  if (by_boost != by_simdjson) return json::string("the parsers disagree");
  return by_boost;
}

}  // namespace segrid::testing
