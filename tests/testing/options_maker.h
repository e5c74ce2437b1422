// Random settings of a source.

#pragma once

#include "core/transform/options.h"
#include "tests/testing/random.h"

namespace segrid::testing {

// Valid settings of any kind; often those that select everything.
transform::Options RandomOptions(Random& random);

// Settings that select everything there is: all events, all extra properties,
// all custom arguments, spec context.
transform::Options EverythingSelected();

}  // namespace segrid::testing
