#include "core/queue/rocksdb/table_guard.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/queue/rocksdb/varint_reader.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
namespace rdb = ::rocksdb;

// The format of RocksDB's block-based tables, version 5.
constexpr std::uint64_t kFooterBytes = 53;
constexpr std::string_view kProperties = "rocksdb.properties";
// Larger is damage.
constexpr std::uint64_t kMaxBlockBytes = 1 << 20;

using VisitEntry =
    std::function<void(std::string_view key, std::string_view value)>;

// `size` bytes at `offset`; nullopt: there are not so many.
std::optional<std::string> Read(std::ifstream& file, std::uint64_t offset,
                                std::uint64_t size) {
  if (size > kMaxBlockBytes) return std::nullopt;
  std::string bytes(size, '\0');
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  if (!file.read(bytes.data(), static_cast<std::streamsize>(size))) {
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

bool HasReadableProperties(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return true;
  const auto size = static_cast<std::uint64_t>(file.tellg());
  if (size < kFooterBytes) return true;
  const auto footer = Read(file, size - kFooterBytes, kFooterBytes);
  if (!footer.has_value()) return true;
  VarintReader handle(*footer, 1);  // Behind the kind of the checksums.
  const std::uint64_t offset = handle.Get();
  const std::uint64_t bytes = handle.Get();
  if (!handle.ok()) return true;
  const auto index = Read(file, offset, bytes);
  if (!index.has_value()) return true;
  bool readable = true;
  ReadBlock(*index, [&](std::string_view key, std::string_view value) {
    if (key != kProperties) return;
    VarintReader place(value, 0);
    const std::uint64_t at = place.Get();
    const std::uint64_t length = place.Get();
    if (!place.ok()) return;
    const auto block = Read(file, at, length);
    readable = !block.has_value() || ReadBlock(*block, [](auto, auto) {});
  });
  return readable;
}

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
