// Our JSON reader against simdjson's DOM.

#pragma once

#include <string>
#include <string_view>

#include "core/codec/event.h"
#include "core/codec/json_reader.h"
#include "simdjson.h"
#include "tests/testing/guarded_bytes.h"

namespace segrid::testing {

// Compares what the readers make of one body after the other. Not thread-safe.
class JsonOracle {
 public:
  // Bodies over this size abort the test.
  static constexpr std::size_t kMaxBodyBytes = 1 << 20;

  // What is wrong, or "":
  // - JsonReader, with each engine, accepts exactly the arrays that
  //   JudgeJson() calls valid once AsBrowsersRead(), and both say the same
  //   about the others;
  // - simdjson's DOM accepts them too, but for lone surrogates, numbers out of
  //   range and the deepest level, and nothing else;
  // - every event is equal in every field, member, item and custom argument;
  // - no byte beside the body is read.
  std::string Compare(std::string_view body);

  // Whether the last body was accepted, and its elements.
  bool accepted() const { return accepted_; }
  std::size_t elements() const { return elements_; }

 private:
  // All elements as text, or "refused: ", the reason and the message.
  std::string Read(codec::JsonReader& reader, std::string_view body);
  std::string ReadDom(std::string_view body, bool& refused);

  codec::JsonReader fast_{codec::JsonIndex::Engine::kFastest};
  codec::JsonReader portable_{codec::JsonIndex::Engine::kPortable};
  codec::Event event_;
  simdjson::dom::parser dom_;
  GuardedBytes guarded_{kMaxBodyBytes};
  bool accepted_ = false;
  std::size_t elements_ = 0;
};

}  // namespace segrid::testing
