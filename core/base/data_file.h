// Which files below data_dir a receiver may write.

#pragma once

#include <string>

namespace segrid::base {

// Why a receiver must not write to `path` below `data_dir`, to follow its name:
// "is a FIFO, …". Empty: it may. Refused is what exists and is no regular file,
// and what leads to files of the server itself (the queue, the keys of gRPC's
// listener), also through symbolic or hard links. Thread safety: any thread.
// Blocking: asks the file system.
std::string DescribeBadDataFile(const std::string& data_dir,
                                const std::string& path);

// Whether the name itself, a path relative to data_dir, is one of the server's
// own. Asks nobody.
bool IsServersOwnName(const std::string& path);

}  // namespace segrid::base
