#include "core/queue/rocksdb/database_options.h"

#include <array>
#include <memory>
#include <utility>

#include "core/queue/rocksdb/warning_log.h"
#include "rocksdb/cache.h"
#include "rocksdb/env.h"
#include "rocksdb/table.h"

namespace segrid::queue::rocksdb {
namespace {

namespace rdb = ::rocksdb;

constexpr std::size_t kMib = std::size_t{1} << 20;

// So much may be appended before it must be sorted into a file. What is
// delivered before that never is.
constexpr std::size_t kBodyBufferBytes = 32 * kMib;
constexpr int kBodyBuffers = 3;
constexpr std::size_t kSmallBufferBytes = 8 * kMib;
constexpr std::size_t kCacheBytes = 8 * kMib;
constexpr int kMaxOpenFiles = 256;

rdb::ColumnFamilyOptions MakeFamily(Family family,
                                    const std::shared_ptr<rdb::Cache>& cache) {
  const bool large = family == Family::kBodies || family == Family::kDead;
  rdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.format_version = 5;
  table.checksum = rdb::kXXH3;
  table.block_size = large ? 64 << 10 : 16 << 10;
  // Each record has its whole key, so that each can be read alone where those
  // around it are damaged: see table_reader.h.
  table.block_restart_interval = 1;
  rdb::ColumnFamilyOptions options;
  options.table_factory.reset(rdb::NewBlockBasedTableFactory(table));
  // Bodies are packed before they get here (see frame.h), and one damaged bit
  // of a compressed block would take all dead letters in it.
  options.compression = rdb::kNoCompression;
  options.write_buffer_size =
      family == Family::kBodies ? kBodyBufferBytes : kSmallBufferBytes;
  options.max_write_buffer_number = kBodyBuffers;
  options.target_file_size_base = 64 * kMib;
  options.max_bytes_for_level_base = 512 * kMib;
  // Readers check every value themselves, and a queue's chunks are read once.
  options.optimize_filters_for_hits = true;
  options.force_consistency_checks = true;
  return options;
}

}  // namespace

rdb::DBOptions MakeDbOptions(
    OpenMode mode, rdb::Env* env,
    std::function<void(std::string_view text)> on_warning) {
  rdb::DBOptions options;
  if (env != nullptr) options.env = env;
  options.create_if_missing = mode == OpenMode::kNormal;
  options.create_missing_column_families = mode == OpenMode::kNormal;
  // The default drops what stands behind a damaged record, without a word. A
  // log that ends too early is what a crash leaves; watermark.h tells that from
  // a loss.
  options.wal_recovery_mode =
      mode == OpenMode::kSkim
          ? rdb::WALRecoveryMode::kSkipAnyCorruptedRecords
          : rdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  options.paranoid_checks = mode != OpenMode::kSkim;
  // One log, one moment: all families are sorted into files together. What a
  // log holds whose sync failed is written anew at the next open.
  options.atomic_flush = true;
  options.avoid_flush_during_recovery = false;
  options.avoid_flush_during_shutdown = false;
  // The store opens the database again after an error; see Writer.
  options.max_bgerror_resume_count = 0;
  options.allow_concurrent_memtable_write = false;  // There is one writer.
  options.max_background_jobs = 2;
  options.max_open_files = kMaxOpenFiles;
  // Else each of five families starts 16 threads at every open.
  options.max_file_opening_threads = 1;
  options.bytes_per_sync = 1 << 20;  // So that a sync of the log need not wait.
  options.info_log = std::make_shared<WarningLog>(std::move(on_warning));
  options.stats_dump_period_sec = 0;
  options.stats_persist_period_sec = 0;
  return options;
}

std::vector<rdb::ColumnFamilyDescriptor> MakeFamilies() {
  const std::shared_ptr<rdb::Cache> cache = rdb::NewLRUCache(kCacheBytes);
  std::vector<rdb::ColumnFamilyDescriptor> families;
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    families.emplace_back(std::string(NameOf(static_cast<Family>(i))),
                          MakeFamily(static_cast<Family>(i), cache));
  }
  return families;
}

}  // namespace segrid::queue::rocksdb
