#include "core/queue/rocksdb/wal_reader.h"

#include <cstddef>
#include <cstring>
#include <optional>
#include <utility>

#include "core/queue/rocksdb/checksum.h"
#include "core/queue/rocksdb/varint_reader.h"

namespace segrid::queue::rocksdb {
namespace {

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

// RocksDB stores masked checksums.
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

}  // namespace

LogContent ReadLog(std::string_view bytes) { return LogReader(bytes).Read(); }

bool ReadBatch(
    std::string_view batch,
    const std::function<void(const LogOperation& operation)>& visit) {
  // Each tag, with whether a family, a second key or a value follow.
  enum Tag : unsigned char {
    kDeletion = 0x0,
    kValue = 0x1,
    kLogData = 0x3,
    kFamilyDeletion = 0x4,
    kFamilyValue = 0x5,
    kNoop = 0xd,
    kFamilyRangeDeletion = 0xe,
    kRangeDeletion = 0xf,
  };
  for (std::size_t at = kBatchHeaderBytes; at < batch.size();) {
    const auto tag = static_cast<unsigned char>(batch[at]);
    VarintReader reader(batch, at + 1);
    const auto text = [&]() -> std::string_view {
      const std::uint64_t size = reader.Get();
      return reader.Take(size);
    };
    LogOperation operation;
    switch (tag) {
      case kFamilyDeletion:
      case kFamilyValue:
      case kFamilyRangeDeletion:
        operation.family = static_cast<std::uint32_t>(reader.Get());
        break;
      case kDeletion:
      case kValue:
      case kLogData:
      case kNoop:
      case kRangeDeletion:
        break;
      default:
        return false;
    }
    if (tag != kNoop) operation.key = text();
    if (tag != kNoop && tag != kLogData && tag != kDeletion &&
        tag != kFamilyDeletion) {
      operation.value = text();
    }
    if (!reader.ok()) return false;
    at = reader.at();
    if (tag == kNoop || tag == kLogData) continue;  // They have no sequence.
    if (tag == kValue || tag == kFamilyValue) {
      operation.kind = LogOperation::Kind::kPut;
    } else if (tag == kDeletion || tag == kFamilyDeletion) {
      operation.kind = LogOperation::Kind::kDelete;
    }
    visit(operation);
  }
  return true;
}

std::uint64_t SequenceOf(std::string_view batch) {
  return Load<std::uint64_t>(batch, 0);
}

}  // namespace segrid::queue::rocksdb
