#include "core/transform/derived.h"

#include <algorithm>
#include <string_view>

#include "core/transform/identity.h"

namespace segrid::transform {

using codec::Event;
using codec::Value;

namespace {

// The X-Message-Id with which SendGrid's mail API answered.
Value HeadOfMessageId(Value id, codec::TextArena& texts) {
  if (id.missing()) return id;
  const Value plain = Plain(id, texts);
  const std::string_view text = TrimLeft(plain.text());
  const std::string_view head = text.substr(0, text.find('.'));
  return head.empty() ? Value() : Value(plain.kind, head);
}

}  // namespace

Value Derive(const catalog::DerivedRow& row, Event& event,
             FieldCounts& counts) {
  const Value from = Convert(catalog::FindField(row.from), event, counts);
  switch (row.derivation) {
    case catalog::Derivation::kHeadOfMessageId:
      return HeadOfMessageId(from, event.texts);
  }
  return Value();
}

}  // namespace segrid::transform
