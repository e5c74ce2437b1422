// How RocksDB is set up.

#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "core/queue/rocksdb/database.h"
#include "rocksdb/options.h"

namespace segrid::queue::rocksdb {

::rocksdb::DBOptions MakeDbOptions(
    OpenMode mode, ::rocksdb::Env* env,
    std::function<void(std::string_view text)> on_warning);

// In the order of Family.
std::vector<::rocksdb::ColumnFamilyDescriptor> MakeFamilies();

}  // namespace segrid::queue::rocksdb
