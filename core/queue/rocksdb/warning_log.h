// Passes on RocksDB's log lines, without a file of its own.

#pragma once

#include <cstdarg>
#include <functional>
#include <string_view>
#include <utility>

#include "rocksdb/env.h"

namespace segrid::queue::rocksdb {

// RocksDB's information log. Its default writes the file LOG beside the data,
// and RocksDB aborts the process when it goes on after a write to that file
// failed: so a failing disk would end the process that should outlive it.
//
// Thread safety: as the function's.
class WarningLog final : public ::rocksdb::Logger {
 public:
  // `on_warning` gets warnings and errors, one line each; null: nobody does.
  explicit WarningLog(std::function<void(std::string_view text)> on_warning)
      : Logger(::rocksdb::InfoLogLevel::WARN_LEVEL),
        on_warning_(std::move(on_warning)) {}

  using Logger::Logv;
  void LogHeader(const char* /*format*/, std::va_list /*values*/) override {}
  void Logv(::rocksdb::InfoLogLevel level, const char* format,
            std::va_list values) override;
  void Logv(const char* format, std::va_list values) override;

 private:
  const std::function<void(std::string_view text)> on_warning_;
};

}  // namespace segrid::queue::rocksdb
