#include "core/queue/rocksdb/warning_log.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

namespace segrid::queue::rocksdb {
namespace {

// A longer text is cut: its end is a list of files or of options.
constexpr std::size_t kMaxTextBytes = 512;
// Each checkpoint makes RocksDB warn of this, though it is as it should be.
constexpr std::string_view kNoWarning = "File Deletions Disabled, but already";

}  // namespace

void WarningLog::Logv(::rocksdb::InfoLogLevel level, const char* format,
                      std::va_list values) {
  if (level == ::rocksdb::InfoLogLevel::WARN_LEVEL ||
      level == ::rocksdb::InfoLogLevel::ERROR_LEVEL ||
      level == ::rocksdb::InfoLogLevel::FATAL_LEVEL) {
    Logv(format, values);
  }
}

void WarningLog::Logv(const char* format, std::va_list values) {
  if (!on_warning_) return;
  std::array<char, kMaxTextBytes> text;
  const int size = std::vsnprintf(text.data(), text.size(), format, values);
  if (size <= 0) return;
  std::string_view line(
      text.data(), std::min(static_cast<std::size_t>(size), text.size() - 1));
  while (!line.empty() && line.back() <= ' ') line.remove_suffix(1);
  if (line.find(kNoWarning) != std::string_view::npos) return;
  on_warning_(line);
}

}  // namespace segrid::queue::rocksdb
