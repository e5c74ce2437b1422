#include "core/queue/rocksdb/salvage.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/checksum.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
namespace rdb = ::rocksdb;

// The format of RocksDB's logs: blocks of records, none of which spans two; a
// batch is one record, or several.
constexpr std::size_t kBlockBytes = 32'768;
constexpr std::size_t kHeaderBytes = 7;  // Checksum u32, length u16, type u8.
constexpr std::size_t kBatchHeaderBytes = 12;  // Sequence u64, count u32.
enum RecordType : unsigned char {
  kPadding = 0,
  kWhole = 1,
  kFirst = 2,
  kMiddle = 3,
  kLast = 4,
};

template <class Integer>
Integer Load(std::string_view bytes, std::size_t at) {
  Integer value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof(value));
  return value;
}

// RocksDB stores checksums in disguise.
std::uint32_t Masked(std::uint32_t crc) {
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8U;
}

class LogReader {
 public:
  explicit LogReader(std::string_view bytes) : bytes_(bytes) {}

  LogContent Read() {
    for (std::size_t at = 0; at < bytes_.size(); at += kBlockBytes) {
      ReadBlock(bytes_.substr(at, kBlockBytes));
    }
    if (batch_.has_value()) content_.damaged = true;
    return std::move(content_);
  }

 private:
  void ReadBlock(std::string_view block) {
    while (block.size() >= kHeaderBytes) {
      const std::size_t length = Load<std::uint16_t>(block, 4);
      const auto type = static_cast<unsigned char>(block[6]);
      if (type == kPadding && length == 0) return;
      const std::size_t end = kHeaderBytes + length;
      if (end > block.size() || Masked(Crc32c(block.substr(6, length + 1))) !=
                                    Load<std::uint32_t>(block, 0)) {
        // Its length may be what is wrong: the next block is a new start.
        content_.damaged = true;
        batch_.reset();
        return;
      }
      Take(type, block.substr(kHeaderBytes, length));
      block.remove_prefix(end);
    }
  }

  void Take(unsigned char type, std::string_view part) {
    if (type > kLast) return;  // About the log itself.
    const bool begins = type == kWhole || type == kFirst;
    // The rest of a batch that began in a damaged block.
    if (!begins && !batch_.has_value()) {
      content_.damaged = true;
      return;
    }
    if (begins) batch_ = std::string();
    batch_->append(part);
    if (type != kWhole && type != kLast) return;
    if (batch_->size() >= kBatchHeaderBytes) {
      content_.batches.push_back(*std::move(batch_));
    }
    batch_.reset();
  }

  const std::string_view bytes_;
  LogContent content_;
  std::optional<std::string> batch_;  // So far.
};

// Writes a batch again, family by family.
class Rewriter final : public rdb::WriteBatch::Handler {
 public:
  Rewriter(const Database& database, bool is_rebuilt)
      : database_(database), is_rebuilt_(is_rebuilt) {}

  rdb::Status PutCF(std::uint32_t id, const rdb::Slice& key,
                    const rdb::Slice& value) override {
    return batch.Put(HandleOf(id), key, value);
  }
  rdb::Status DeleteCF(std::uint32_t id, const rdb::Slice& key) override {
    return batch.Delete(HandleOf(id), key);
  }
  rdb::Status DeleteRangeCF(std::uint32_t id, const rdb::Slice& first,
                            const rdb::Slice& end) override {
    return batch.DeleteRange(HandleOf(id), first, end);
  }

  rdb::WriteBatch batch;

 private:
  // Families have the numbers of their making, which is that of Family, unless
  // the catalog was rebuilt once: it has new numbers for empty ones.
  rdb::ColumnFamilyHandle* HandleOf(std::uint32_t id) const {
    for (std::size_t i = 0; i < kFamilyCount && !is_rebuilt_; ++i) {
      rdb::ColumnFamilyHandle* const handle =
          database_.family(static_cast<Family>(i));
      if (handle->GetID() == id) return handle;
    }
    return database_.family(
        static_cast<Family>(std::min<std::size_t>(id, kFamilyCount - 1)));
  }

  const Database& database_;
  const bool is_rebuilt_;
};

}  // namespace

LogContent ReadLog(std::string_view bytes) { return LogReader(bytes).Read(); }

absl::Status SetLogsAside(const std::string& path,
                          std::vector<std::string>& logs) {
  std::vector<fs::path> found;
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() == ".log") found.push_back(it->path());
  }
  // Their names are numbers with leading zeros.
  std::sort(found.begin(), found.end());
  fs::create_directories(path + "/lost", error);
  for (const fs::path& log : found) {
    fs::path aside = fs::path(path) / "lost" / log.filename();
    while (fs::exists(aside, error)) aside += ".again";
    fs::rename(log, aside, error);
    if (error) {
      return FromRocks(rdb::Status::IOError(error.message()),
                       absl::StrCat("moving ", log.string()));
    }
    logs.push_back(aside.string());
  }
  return absl::OkStatus();
}

absl::StatusOr<int> ReplayLogs(const std::vector<std::string>& logs,
                               bool is_rebuilt, Database& database) {
  const std::uint64_t known = database.last_sequence();
  int damaged = 0;
  for (const std::string& log : logs) {
    std::ifstream file(log, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const LogContent content = ReadLog(bytes);
    damaged += content.damaged ? 1 : 0;
    for (const std::string& one : content.batches) {
      // The files have it already.
      if (Load<std::uint64_t>(one, 0) <= known) continue;
      Rewriter rewriter(database, is_rebuilt);
      const rdb::Status read = rdb::WriteBatch(one).Iterate(&rewriter);
      if (!read.ok()) return FromRocks(read, "reading a log");
      SEGRID_RETURN_IF_ERROR(database.Write(rewriter.batch, false));
    }
  }
  return damaged;
}

}  // namespace segrid::queue::rocksdb
