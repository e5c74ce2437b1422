// Keeps RocksDB from reading what would end the process.

#pragma once

#include <memory>
#include <string>

#include "rocksdb/env.h"

namespace segrid::queue::rocksdb {

// RocksDB 7.8 reads a sorted file's properties before it compares their
// checksum, and its assertions end the process when a bit of their end is
// altered. Both functions look first, whether they have the form of a block.
// Blocking: they wait for the disk, a few small reads for each file.

// The first sorted file in the folder `path` without readable properties; empty
// when there is none.
std::string TableWithoutProperties(const std::string& path);

// An environment over `env`, or the default one if that is null, in which a
// file without readable properties gives CORRUPTION. For opens that change
// nothing. `env` must outlive it.
std::unique_ptr<::rocksdb::Env> GuardTables(::rocksdb::Env* env);

}  // namespace segrid::queue::rocksdb
