// Applies what a source keeps of a person's data (mapping.md, 3.14).

#pragma once

#include "core/codec/text_arena.h"
#include "core/codec/track.h"
#include "core/transform/options.h"

namespace segrid::transform {

// Leaves out or shortens what the rules say, wherever in the Track a value of
// such a field stands, opted-in properties included. What cannot be shortened,
// because it is no IP address, is left out. The anonymous id stays. Texts go to
// `texts`.
void HidePersonal(const Personal& rules, codec::TextArena& texts,
                  codec::Track& track);

}  // namespace segrid::transform
