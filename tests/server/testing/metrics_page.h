// What /metrics says.

#pragma once

#include <map>
#include <string>

namespace segrid::testing {

// The samples at the admin door on `port` of this machine, by name with labels
// as they stand there: `segrid_queue_pending{source="a"}`.
std::map<std::string, double> ReadMetrics(int port);

}  // namespace segrid::testing
