// From a source's settings to what the transform uses.

#pragma once

#include "core/config/config.h"
#include "core/transform/options.h"

namespace segrid::pipeline {

// Resolves the names in a valid source (config::Load checked it).
transform::Options CompileOptions(const config::Source& source);

}  // namespace segrid::pipeline
