// Keeps RocksDB from reading what would end the process.

#pragma once

#include <memory>
#include <string>

#include "rocksdb/env.h"

namespace segrid::queue::rocksdb {

// Whether the properties of a sorted file have the form of a block. RocksDB 7.8
// reads them before it compares their checksum, and its assertions end the
// process when a bit of their end is altered. True also when the file cannot be
// read so far, because RocksDB checks and reports that itself.
// Blocking: waits for the disk, a few small reads.
bool HasReadableProperties(const std::string& path);

// The first sorted file in the folder `path` without readable properties; empty
// when there is none.
std::string TableWithoutProperties(const std::string& path);

// An environment over `env`, or the default one if that is null, in which a
// file without readable properties gives CORRUPTION. For opens that change
// nothing. `env` must outlive it.
std::unique_ptr<::rocksdb::Env> GuardTables(::rocksdb::Env* env);

}  // namespace segrid::queue::rocksdb
