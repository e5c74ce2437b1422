#include "tests/testing/json_oracle.h"

#include "core/base/error_info.h"
#include "tests/testing/event_dump.h"
#include "tests/testing/plain_json.h"

namespace segrid::testing {
namespace {

using codec::JsonReader;

std::string Difference(std::string_view what, const std::string& expected,
                       const std::string& seen) {
  return std::string(what) + "\n--- expected\n" + expected + "\n--- seen\n" +
         seen;
}

}  // namespace

std::string JsonOracle::Compare(std::string_view body) {
  const std::string plain = AsBrowsersRead(body);
  const JsonVerdict verdict = JudgeJson(plain);
  const std::string fast = Read(fast_, guarded_.AtEnd(body));
  const std::string portable = Read(portable_, guarded_.AtEnd(body));
  const bool refused = fast.starts_with("refused: ");
  accepted_ = !refused;
  if (refused != portable.starts_with("refused: ")) {
    return Difference("the engines disagree", fast, portable);
  }
  if (refused == (verdict.valid && verdict.is_array)) {
    return Difference("wrong verdict", verdict.valid ? "valid" : "invalid",
                      fast);
  }
  if (refused && verdict.valid != fast.starts_with("refused: NOT_AN_ARRAY")) {
    return Difference("wrong reason", verdict.valid ? "valid" : "invalid",
                      fast);
  }
  if (fast != portable) {
    return Difference("the engines disagree", fast, portable);
  }
  bool dom_refused = false;
  const std::string dom = ReadDom(plain, dom_refused);
  if (dom_refused) {
    const bool may = !verdict.valid || verdict.lone_surrogate ||
                     verdict.number_out_of_range ||
                     verdict.depth >= kMaxJudgedDepth;
    return may ? "" : Difference("only the DOM refuses", fast, dom);
  }
  if (!verdict.valid) return Difference("only the DOM accepts", fast, dom);
  if (!refused && fast != dom) return Difference("not equal", dom, fast);
  return "";
}

std::string JsonOracle::Read(JsonReader& reader, std::string_view body) {
  std::string text;
  elements_ = 0;
  absl::Status status = reader.Open(body);
  while (status.ok()) {
    const JsonReader::Step step = reader.Next(event_);
    if (step == JsonReader::Step::kEnd) return text;
    ++elements_;
    if (step == JsonReader::Step::kEvent) {
      text += "event\n" + DumpEvent(event_, Args::kListed);
    } else if (step == JsonReader::Step::kNotAnObject) {
      text += "not an object\n";
    } else {
      status = reader.status();
    }
  }
  const std::string message(status.message());
  if (message.ends_with("reader refuses it")) {
    return "no mistake found in a body that is refused";
  }
  return "refused: " + base::ReasonOf(status) + " " + message;
}

std::string JsonOracle::ReadDom(std::string_view body, bool& refused) {
  simdjson::dom::element root;
  const auto error = dom_.parse(body.data(), body.size(), true).get(root);
  refused = error != simdjson::SUCCESS;
  if (refused) return simdjson::error_message(error);
  if (!root.is_array()) return "refused: NOT_AN_ARRAY";
  std::string text;
  for (const simdjson::dom::element element : simdjson::dom::array(root)) {
    if (element.is_object()) {
      text += "event\n" + DumpEvent(simdjson::dom::object(element));
    } else {
      text += "not an object\n";
    }
  }
  return text;
}

}  // namespace segrid::testing
