// Takes what is personal out of a Track.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "segrid/v1/segment_track.pb.h"

namespace segrid::rpc {

// Makes Tracks fit to be looked at, as admin.proto says at TailedTrack. What it
// does not know, it leaves out.
//
// Thread safety: any thread. Blocking: never.
class TailRedactor {
 public:
  // Persons get other digits from each one: `seed` is random and secret.
  explicit TailRedactor(std::string seed) : seed_(std::move(seed)) {}
  // With a seed of its own.
  static TailRedactor WithRandomSeed();

  // The Track without what is personal; an empty one when `json`, a Track's
  // JSON, cannot be read.
  ::segrid::v1::Track Redact(std::string_view json) const;

 private:
  std::string Digits(std::string_view person) const;

  const std::string seed_;
};

}  // namespace segrid::rpc
