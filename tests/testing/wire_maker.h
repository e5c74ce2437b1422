// Random bytes of SendGridEvent messages: what any protobuf encoder may send,
// and what a hostile one sends.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/catalog/catalog.h"
#include "tests/testing/random.h"

namespace segrid::testing {

// Makes messages field by field: any order, scalars repeated, sub-messages in
// pieces, unknown fields and groups, fields of another wire type, numbers
// longer than they need be, map entries without key or value.
class WireMaker {
 public:
  explicit WireMaker(Random& random) : random_(random) {}

  // A message of up to about `max_fields` fields. With `hostile`, texts are not
  // always UTF-8.
  std::string Event(std::size_t max_fields, bool hostile = false);

 private:
  void Field(const catalog::FieldRow& row, std::string& out);
  void Members(std::string_view object, std::string& out);
  void MapEntry(std::string& out);
  void Unknown(int depth, std::string& out);
  void Tag(std::uint64_t number, int wire_type, std::string& out);
  void Varint(std::uint64_t value, std::string& out);
  void Bytes(std::string_view bytes, std::string& out);
  std::string Text();
  std::uint64_t Integer();

  Random& random_;
  bool hostile_ = false;
};

}  // namespace segrid::testing
