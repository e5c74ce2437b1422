// The effective configuration as text.

#pragma once

#include <string>

#include "core/config/config.h"

namespace segrid::config {

// YAML with every key that this version supports, defaults written out, and
// `***` for secrets. Load() takes it back once the secrets are put in.
std::string Describe(const Config& config);

}  // namespace segrid::config
