// Whether a new configuration file may be taken while the service runs.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "core/config/config.h"
#include "server/app/settings.h"

namespace segrid::app {

// A reload may add and change; it takes no protection away, because an empty or
// cut file is valid YAML and would. `before` is what was taken last, `running`
// what of it is in effect, `now` what was read; `allowed` are the keys that an
// operator lets go; see config::CoversKey.
//
// Thread safety: any thread. Blocking: never.
// FAILED_PRECONDITION, CONFIG_CUT:       a file ends in the middle of what
//                                        stood in it, so it is not whole.
// FAILED_PRECONDITION, REMOVAL_REFUSED:  keys of a listener or webhook, or
//                                        listeners, webhooks or sources are
//                                        gone; the message and the field
//                                        violations name them.
// INVALID_ARGUMENT,    UNKNOWN_REMOVAL:  an allowed key covers nothing that is
//                                        gone; field violations name them.
absl::Status CheckReload(const Settings& before, const config::Config& running,
                         const Settings& now,
                         const std::vector<std::string>& allowed);

}  // namespace segrid::app
