// Says why a path cannot be used, in the words that help.

#pragma once

#include <string>

namespace segrid::base {

// "permission denied: this process runs as uid 1000, '/x' belongs to uid 0 and
// has mode 0700" for EACCES and EPERM, "the file system is read-only" for
// EROFS, else the system's text for `error`, an errno. Of the path's folders,
// it names the first that is closed. Thread safety: any thread. Blocking: asks
// the file system.
std::string DescribeAccessError(const std::string& path, int error);

}  // namespace segrid::base
