// Custom arguments: the keys of an event that no catalog row has.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/codec/event.h"
#include "core/codec/track.h"
#include "core/transform/convert.h"
#include "core/transform/options.h"

namespace segrid::transform {

// The custom argument `name` as text; kMissing when the event has none. Of
// several with one name the last counts.
codec::Value FindCustomArg(std::string_view name, codec::Event& event,
                           FieldCounts& counts);

// The first of `names` that the event has.
codec::Value FindFirstCustomArg(std::span<const std::string> names,
                                codec::Event& event, FieldCounts& counts);

// Appends the selected custom arguments to the Track's extras, in the order of
// the event. Time and memory are linear in their number. Names that the table
// owns are left to the table; so are those of SendGrid's own fields, which only
// typed input can have here: they count as dropped. Thread safety: none; one
// user at a time.
class CustomArgCollector {
 public:
  void Collect(const CustomArgSelection& selection, codec::Event& event,
               FieldCounts& counts, std::vector<codec::Extra>& extras);

 private:
  // Sets is_last_ for each argument that no later one overrides.
  void MarkLast(const std::vector<codec::CustomArg>& args);

  // In linear time; false when the names collide too often for that.
  bool MarkLastByHash(const std::vector<codec::CustomArg>& args);
  // In n log n.
  void MarkLastByOrder(const std::vector<codec::CustomArg>& args);

  std::vector<char> is_last_;
  // By hash: open addressing, position + 1, 0 is free. By order: positions.
  std::vector<std::uint32_t> slots_;
};

}  // namespace segrid::transform
