#include "core/transform/transformer.h"

#include <cstring>
#include <string_view>
#include <utility>

#include "core/codec/short_text.h"
#include "core/transform/derived.h"
#include "core/transform/identity.h"
#include "core/transform/personal.h"
#include "core/transform/routing.h"
#include "core/transform/time.h"

namespace segrid::transform {

using catalog::Field;
using catalog::FieldId;
using codec::Event;
using codec::Kind;
using codec::Track;
using codec::Value;

namespace {

// The row of the address among the traits.
constexpr std::size_t kAddressRow = [] {
  std::size_t row = 0;
  while (catalog::kProperties[row].place != catalog::Place::kTraits ||
         catalog::kProperties[row].first != "email") {
    ++row;
  }
  return row;
}();

bool IsClick(const catalog::EventRow& row) {
  return codec::IsText(row.sendgrid, "click");
}

Value TextOf(std::string_view text) { return Value(Kind::kCleanText, text); }

}  // namespace

Reason Transformer::Transform(Event& event, const Options& options,
                              Track& track, crypto::ShortText* later) {
  const Reason reason = SelectEvent(event, options, track.event_row);
  if (reason != Reason::kNone) return reason;

  const std::string_view address = AddressOf(event, options);
  track.has_anonymous_id = !address.empty();
  if (address.empty() && !IsIdentifiedByUserId(event, options)) {
    return Reason::kMissingEmail;
  }

  track.timestamp_ms =
      MillisecondsOf(Convert(Field("timestamp"), event, counts_));
  if (track.timestamp_ms == 0) return Reason::kBadTimestamp;
  track.original_timestamp = options.original_timestamp;

  const EmailType email_type = FindEmailType(event);
  if ((options.email_types >> static_cast<int>(email_type) & 1) == 0) {
    return Reason::kEmailTypeNotSelected;
  }
  if (!options.only.empty() || !options.except.empty()) [[unlikely]] {
    if (!IsRouted(options, event, counts_)) return Reason::kNotRouted;
  }

  track.anonymous_id_follows =
      later != nullptr && track.has_anonymous_id &&
      PutOffAnonymousId(address, options.normalize_email, *later);
  if (track.has_anonymous_id && !track.anonymous_id_follows) {
    WriteAnonymousId(address, options.normalize_email, sha256_, track);
  }
  WriteMessageId(event, options.tag, sha256_, counts_, track);
  FillProperties(event, options, email_type, track);
  if (!track.has_anonymous_id) track.properties[kAddressRow] = Value();
  FillExtras(event, options, track);
  if (!options.personal.keeps_all()) [[unlikely]] {
    HidePersonal(options.personal, event.texts, track);
  }
  // Last, because converting a list may move the items of the event.
  for (std::size_t i = 0; i < catalog::kPropertyCount; ++i) {
    if (catalog::kProperties[i].type != catalog::Type::kStringList) continue;
    Value& value = track.properties[i];
    if (!value.missing()) value.items = &event.items[value.first];
  }
  for (codec::Extra& extra : track.extras) {
    if (extra.value.kind == Kind::kList) {
      extra.value.items = &event.items[extra.value.first];
    }
  }
  track.event = &event;
  return Reason::kNone;
}

// The text that is hashed to the anonymous id; empty where the event has no
// address.
std::string_view Transformer::AddressOf(Event& event, const Options& options) {
  const Value email = event.Get(Field("email"));
  if (!email.is_text()) return {};
  const std::string_view untrimmed = PlainText(email, event.texts);
  const std::string_view trimmed = Trim(untrimmed);
  return options.normalize_email || trimmed.empty() ? trimmed : untrimmed;
}

// True when a user id stands for the address, which is dropped where it is no
// text: it is never converted.
bool Transformer::IsIdentifiedByUserId(Event& event, const Options& options) {
  if (FindUserId(options, event, counts_).missing()) return false;
  const Value email = event.Get(Field("email"));
  if (!email.missing() && !email.is_text()) {
    event.Set(Field("email"), Value());
    ++counts_.dropped;
  }
  return true;
}

Reason Transformer::SelectEvent(Event& event, const Options& options,
                                std::size_t& row) {
  const Value value = event.Get(Field("event"));
  if (!value.is_text()) return Reason::kMissingEvent;
  const std::string_view name = PlainText(value, event.texts);
  // One comparison with a constant for each row of the table.
  const auto is_row = [&]<std::size_t index>() {
    constexpr const catalog::EventRow& event_row = catalog::kEvents[index];
    row = index;
    return name.size() == event_row.sendgrid.size() &&
           std::memcmp(name.data(), event_row.sendgrid.data(),
                       event_row.sendgrid.size()) == 0 &&
           Applies(event_row.condition, event);
  };
  const bool found = [&]<std::size_t... rows>(std::index_sequence<rows...>) {
    return (is_row.template operator()<rows>() || ...);
  }
  (std::make_index_sequence<catalog::kEventCount>());
  if (!found) return Reason::kUnsupportedEvent;
  return (options.events >> row & 1) != 0 ? Reason::kNone
                                          : Reason::kEventNotSelected;
}

inline bool Transformer::Applies(catalog::Condition condition, Event& event) {
  switch (condition) {
    case catalog::Condition::kAlways:
      return true;
    case catalog::Condition::kHuman:
      return Convert(Field("sg_machine_open"), event, counts_).kind !=
             Kind::kTrue;
    case catalog::Condition::kMachine:
      return Convert(Field("sg_machine_open"), event, counts_).kind ==
             Kind::kTrue;
  }
  return false;
}

EmailType Transformer::FindEmailType(Event& event) {
  const Value stats = Convert(Field("mc_stats"), event, counts_);
  if (stats.missing()) {
    if (!Convert(Field("singlesend_id"), event, counts_).missing()) {
      return EmailType::kSinglesend;
    }
    return Convert(Field("mc_auto_id"), event, counts_).missing()
               ? EmailType::kOther
               : EmailType::kAutomation;
  }
  const std::string_view text = PlainText(stats, event.texts);
  if (codec::IsText(text, "singlesend")) return EmailType::kSinglesend;
  return codec::IsText(text, "automation") ? EmailType::kAutomation
                                           : EmailType::kOther;
}

void Transformer::FillProperties(Event& event, const Options& options,
                                 EmailType email_type, Track& track) {
  // One piece of straight code for each row of the table.
  [&]<std::size_t... rows>(std::index_sequence<rows...>) {
    ((track.properties[rows] =
          PropertyOf<rows>(event, options, email_type, track)),
     ...);
  }
  (std::make_index_sequence<catalog::kPropertyCount>());
}

template <std::size_t index>
inline Value Transformer::PropertyOf(Event& event, const Options& options,
                                     EmailType email_type, const Track& track) {
  constexpr const catalog::PropertyRow& row = catalog::kProperties[index];
  const catalog::EventRow& event_row = catalog::kEvents[track.event_row];
  if constexpr (row.when == catalog::When::kClick) {
    if (!IsClick(event_row)) return Value();
  } else if constexpr (row.when == catalog::When::kRecipientAct) {
    if (!event_row.recipient_act) return Value();
  } else if constexpr (row.when == catalog::When::kSpecContext) {
    if (!options.spec_context || !event_row.recipient_act) return Value();
  }
  // Not Field(): Clang 14 does not see that these are constants.
  constexpr FieldId first = catalog::FindField(row.first);
  if constexpr (row.rule == catalog::Rule::kFirstOf) {
    const Value value = Convert(first, event, counts_);
    if constexpr (row.second.empty()) {
      return value;
    } else {
      if (!value.missing()) return value;
      constexpr FieldId second = catalog::FindField(row.second);
      return Convert(second, event, counts_);
    }
  } else {
    return MakeProperty<row.rule>(first, event, options, email_type);
  }
}

template <catalog::Rule rule>
inline Value Transformer::MakeProperty(FieldId first, Event& event,
                                       const Options& options,
                                       EmailType email_type) {
  if constexpr (rule == catalog::Rule::kEmailType) {
    if (email_type == EmailType::kOther) return Value();
    return TextOf(email_type == EmailType::kSinglesend ? "Singlesend"
                                                       : "Automation");
  } else if constexpr (rule == catalog::Rule::kSubject) {
    if (event.custom_args.empty()) return Value();
    return FindFirstCustomArg(options.subject_from, event, counts_);
  } else {
    static_assert(rule == catalog::Rule::kTestPhase);
    if (email_type != EmailType::kSinglesend) return Value();
    const Value phase = Convert(first, event, counts_);
    const std::string_view text =
        phase.missing() ? "" : PlainText(phase, event.texts);
    if (codec::IsText(text, "test")) return Value::OfKind(Kind::kTrue);
    return codec::IsText(text, "send") ? Value::OfKind(Kind::kFalse) : Value();
  }
}

void Transformer::FillExtras(Event& event, const Options& options,
                             Track& track) {
  track.extras.clear();
  for (const FieldId id : options.extra_fields) {
    const Value value = Convert(id, event, counts_);
    if (!value.missing()) {
      track.extras.push_back({TextOf(catalog::Row(id).key), value, id});
    }
  }
  if (options.derived != 0) FillDerived(event, options, track);
  custom_args_.Collect(options.custom_args, event, counts_, track);
  track.user_id = FindUserId(options, event, counts_);
}

void Transformer::FillDerived(Event& event, const Options& options,
                              Track& track) {
  for (std::size_t i = 0; i < catalog::kDerivedCount; ++i) {
    if ((options.derived >> i & 1) == 0) continue;
    const Value value = Derive(catalog::kDerived[i], event, counts_);
    if (!value.missing()) {
      track.extras.push_back({TextOf(catalog::kDerived[i].name), value});
    }
  }
}

}  // namespace segrid::transform
