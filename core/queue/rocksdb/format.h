// The versions of the stored bytes; see FORMAT.md.

#pragma once

namespace segrid::queue::rocksdb {

// A new directory gets this one.
inline constexpr int kFormatVersion = 2;
// From this one on, bodies say of which lane and commit they are, and the
// records of lanes are stored twice.
inline constexpr int kFormatWithOrigins = 2;

}  // namespace segrid::queue::rocksdb
