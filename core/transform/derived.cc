#include "core/transform/derived.h"

#include <string_view>

#include "core/catalog/bots.h"
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

// kTrue for an open or click by a program, kMissing for any other event.
Value SuspectedBot(Value user_agent, Event& event, FieldCounts& counts) {
  const Value value = event.Get(catalog::Field("event"));
  const std::string_view name =
      value.is_text() ? PlainText(value, event.texts) : std::string_view();
  if (name != "open" && name != "click") return Value();
  const Value machine =
      Convert(catalog::Field("sg_machine_open"), event, counts);
  const bool is_bot = machine.kind == codec::Kind::kTrue ||
                      (!user_agent.missing() &&
                       catalog::IsBot(PlainText(user_agent, event.texts)));
  return is_bot ? Value::OfKind(codec::Kind::kTrue) : Value();
}

}  // namespace

Value Derive(const catalog::DerivedRow& row, Event& event,
             FieldCounts& counts) {
  const Value from = Convert(catalog::FindField(row.from), event, counts);
  switch (row.derivation) {
    case catalog::Derivation::kHeadOfMessageId:
      return HeadOfMessageId(from, event.texts);
    case catalog::Derivation::kSuspectedBot:
      return SuspectedBot(from, event, counts);
  }
  return Value();
}

}  // namespace segrid::transform
