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

// The `userId` that the source's custom argument holds, without white space
// around it; kMissing when there is none or it is blank.
codec::Value FindUserId(const Options& options, codec::Event& event,
                        FieldCounts& counts);

// Puts the selected custom arguments into the Track, in the order of the event:
// into its extras, or into a place of the table that is empty and that an
// argument may fill when it is asked for by name (mapping.md, 3.5). Counts as
// dropped what is left out because another value has the name, and what has the
// name of one of SendGrid's own fields, which only typed input and nested
// arguments can have here. Time and memory are linear in their number.
// Thread safety: none; one user at a time.
class CustomArgCollector {
 public:
  void Collect(const CustomArgSelection& selection, codec::Event& event,
               FieldCounts& counts, codec::Track& track);

 private:
  // `all`: under the argument's own name, behind the prefix.
  static void PutAny(const CustomArgSelection& selection, codec::CustomArg& arg,
                     codec::Event& event, FieldCounts& counts,
                     codec::Track& track);
  // Under the name that the source gives.
  static void PutNamed(const NamedArg& named, codec::CustomArg& arg,
                       codec::Event& event, FieldCounts& counts,
                       codec::Track& track);

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
