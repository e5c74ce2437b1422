// What a reload did.

#pragma once

#include <string>
#include <vector>

#include "core/config/changes.h"

namespace segrid::app {

struct ReloadResult {
  // What holds now and did not before.
  std::vector<config::Change> changes{};
  // Differs from what runs, without effect until a restart.
  std::vector<config::Change> waiting{};
  // True if a certificate of the same name has other contents.
  bool new_certificates = false;

  // Both as names, with commas: keys, and "certificates".
  std::string changed() const {
    const std::string keys = config::KeysOf(changes);
    if (!new_certificates) return keys;
    return keys.empty() ? "certificates" : keys + ", certificates";
  }
  std::string needs_restart() const { return config::KeysOf(waiting); }
};

}  // namespace segrid::app
