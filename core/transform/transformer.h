// One SendGrid event → one Segment Track, or the reason why not.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/codec/event.h"
#include "core/codec/track.h"
#include "core/crypto/sha256.h"
#include "core/crypto/short_hash.h"
#include "core/transform/convert.h"
#include "core/transform/custom_args.h"
#include "core/transform/options.h"
#include "core/transform/outcome.h"

namespace segrid::transform {

// The mapping (mapping.md) as a function. Pure but for the storage that it
// reuses from event to event. Thread safety: none; one user at a time.
class Transformer {
 public:
  // Fills `track` from `event` and returns kNone, or returns why there is no
  // Track; then `track` is unspecified. Values of the event are converted in
  // place, so the next source finds and counts nothing to convert. TOO_LARGE is
  // for whoever encodes the Track. `event` must outlive `track`.
  // With `later`, the anonymous id may be left out: then `later` is its address
  // and Track::anonymous_id_follows is set.
  Reason Transform(codec::Event& event, const Options& options,
                   codec::Track& track, crypto::ShortText* later = nullptr);

  // Counts since the last call of ResetCounts().
  const FieldCounts& counts() const { return counts_; }
  void ResetCounts() { counts_ = FieldCounts(); }

 private:
  Reason SelectEvent(codec::Event& event, const Options& options,
                     std::size_t& row);
  static std::string_view AddressOf(codec::Event& event,
                                    const Options& options);
  bool IsIdentifiedByUserId(codec::Event& event, const Options& options);
  bool Applies(catalog::Condition condition, codec::Event& event);
  EmailType FindEmailType(codec::Event& event);
  void FillProperties(codec::Event& event, const Options& options,
                      EmailType email_type, codec::Track& track);
  template <std::size_t index>
  codec::Value PropertyOf(codec::Event& event, const Options& options,
                          EmailType email_type, const codec::Track& track);
  template <catalog::Rule rule>
  codec::Value MakeProperty(catalog::FieldId first, codec::Event& event,
                            const Options& options, EmailType email_type);
  void FillExtras(codec::Event& event, const Options& options,
                  codec::Track& track);
  void FillDerived(codec::Event& event, const Options& options,
                   codec::Track& track);

  crypto::Sha256 sha256_;
  CustomArgCollector custom_args_;
  FieldCounts counts_;
};

}  // namespace segrid::transform
