#include "core/queue/rocksdb/table_guard.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/queue/rocksdb/table_reader.h"
#include "core/queue/rocksdb/varint_reader.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
namespace rdb = ::rocksdb;

constexpr std::string_view kProperties = "rocksdb.properties";
// Larger is damage.
constexpr std::uint64_t kMaxBlockBytes = 1 << 20;

using VisitEntry =
    std::function<void(std::string_view key, std::string_view value)>;

// Nullopt: there are not so many bytes, or too many for such a part.
std::optional<std::string> Read(std::ifstream& file, TablePart part) {
  if (part.size > kMaxBlockBytes) return std::nullopt;
  std::string bytes(part.size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(part.offset));
  if (!file.read(bytes.data(), static_cast<std::streamsize>(part.size))) {
    return std::nullopt;
  }
  return bytes;
}

// False: it has not the form of an uncompressed block.
bool ReadBlock(std::string_view block, const VisitEntry& visit) {
  if (block.size() < 4) return false;
  std::uint32_t restarts = 0;
  std::memcpy(&restarts, block.data() + block.size() - 4, 4);
  // The highest bit would say that there is a hash index, which only blocks of
  // entries may have.
  if ((std::uint64_t{restarts} + 1) * 4 > block.size()) return false;
  const std::size_t end = block.size() - (std::size_t{restarts} + 1) * 4;
  std::string key;
  for (std::size_t at = 0; at < end;) {
    VarintReader head(block.substr(0, end), at);
    const std::uint64_t shared = head.Get();
    const std::uint64_t own = head.Get();
    const std::uint64_t value_size = head.Get();
    if (!head.ok() || shared > key.size() || own > end - head.at() ||
        value_size > end - head.at() - own) {
      return false;
    }
    key.resize(shared);
    key.append(block.substr(head.at(), own));
    visit(key, block.substr(head.at() + own, value_size));
    at = head.at() + own + value_size;
  }
  return true;
}

// Whether the properties of a sorted file have the form of a block. True also
// when the file cannot be read so far, because RocksDB checks and reports that.
bool HasReadableProperties(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return true;
  const auto size = static_cast<std::uint64_t>(file.tellg());
  if (size < kTableFooterBytes) return true;
  const auto end = Read(file, {size - kTableFooterBytes, kTableFooterBytes});
  if (!end.has_value()) return true;
  const auto footer = ReadTableFooter(*end);
  if (!footer.has_value()) return true;
  const auto index = Read(file, footer->meta_index);
  if (!index.has_value()) return true;
  bool is_readable = true;
  ReadBlock(*index, [&](std::string_view key, std::string_view value) {
    if (key != kProperties) return;
    VarintReader place(value, 0);
    const TablePart part{place.Get(), place.Get()};
    if (!place.ok()) return;
    const auto block = Read(file, part);
    is_readable = !block.has_value() || ReadBlock(*block, [](auto, auto) {});
  });
  return is_readable;
}

class TableGuard final : public rdb::EnvWrapper {
 public:
  explicit TableGuard(rdb::Env* env) : EnvWrapper(env) {}

  const char* Name() const override { return "TableGuard"; }

  rdb::Status NewRandomAccessFile(
      const std::string& name, std::unique_ptr<rdb::RandomAccessFile>* result,
      const rdb::EnvOptions& options) override {
    const fs::path path(name);
    if (path.extension() == ".sst" && !HasReadableProperties(name)) {
      return rdb::Status::Corruption("damaged properties in " +
                                     path.filename().string());
    }
    return EnvWrapper::NewRandomAccessFile(name, result, options);
  }
};

}  // namespace

std::string TableWithoutProperties(const std::string& path) {
  std::error_code error;
  for (fs::directory_iterator it(path, error), end; !error && it != end;
       it.increment(error)) {
    if (it->path().extension() != ".sst") continue;
    if (!HasReadableProperties(it->path().string())) {
      return it->path().filename().string();
    }
  }
  return "";
}

std::unique_ptr<rdb::Env> GuardTables(rdb::Env* env) {
  return std::make_unique<TableGuard>(env != nullptr ? env
                                                     : rdb::Env::Default());
}

}  // namespace segrid::queue::rocksdb
