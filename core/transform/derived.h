// Properties that a source may opt into and that are made of a field:
// mapping.md, 3.15 and 3.16.

#pragma once

#include "core/catalog/catalog.h"
#include "core/codec/event.h"
#include "core/transform/convert.h"

namespace segrid::transform {

// The value of a row of kDerived; kMissing when the event has none.
codec::Value Derive(const catalog::DerivedRow& row, codec::Event& event,
                    FieldCounts& counts);

}  // namespace segrid::transform
