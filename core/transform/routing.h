// Which events a source gets, by what is in them (mapping.md, 3.12).

#pragma once

#include "core/codec/event.h"
#include "core/transform/convert.h"
#include "core/transform/options.h"

namespace segrid::transform {

// True when the event fits one of the source's `only`, if there is any, and
// none of its `except`. A missing value fits nothing.
bool IsRouted(const Options& options, codec::Event& event, FieldCounts& counts);

}  // namespace segrid::transform
