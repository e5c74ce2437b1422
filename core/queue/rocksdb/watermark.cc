#include "core/queue/rocksdb/watermark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "core/queue/rocksdb/binary.h"
#include "core/queue/rocksdb/database.h"
#include "rocksdb/status.h"

namespace segrid::queue::rocksdb {
namespace {

constexpr std::size_t kFileBytes = 4096;
// Two copies, written in turn: a crash damages one at most.
constexpr std::size_t kCopyBytes = 128;
constexpr std::size_t kUsedBytes = 3 * 8 + 4;
constexpr std::string_view kContext = "watermark";

std::optional<Mark> ParseMarks(std::string_view page) {
  std::optional<Mark> newest;
  for (std::size_t copy = 0; copy < 2; ++copy) {
    const std::size_t offset = copy * kCopyBytes;
    if (page.size() < offset + kUsedBytes) break;
    BinaryReader reader(page.substr(offset, kUsedBytes));
    reader.CheckChecksum(kContext);
    Mark mark;
    mark.commit = reader.Get<std::uint64_t>();
    mark.accepted_total = reader.Get<std::int64_t>();
    mark.time = reader.GetTime();
    if (!reader.ok()) continue;
    if (!newest.has_value() || newest->commit < mark.commit) newest = mark;
  }
  return newest;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Watermark>> Watermark::Open(
    const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  // Real blocks: a full disk must not stop it.
  if (file < 0 || ::posix_fallocate(file, 0, kFileBytes) != 0) {
    const int error = errno;
    if (file >= 0) ::close(file);
    return FromRocks(::rocksdb::Status::IOError(std::strerror(error)),
                     absl::StrCat("making ", path));
  }
  return std::unique_ptr<Watermark>(new Watermark(file));
}

Watermark::~Watermark() { ::close(file_); }

std::optional<Mark> Watermark::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  return ParseMarks(page);
}

void Watermark::Set(const Mark& mark) {
  std::string bytes;
  BinaryWriter writer(bytes);
  writer.Put(mark.commit);
  writer.Put(mark.accepted_total);
  writer.PutTime(mark.time);
  writer.PutChecksum(kContext);
  const auto offset = static_cast<off_t>(mark.commit % 2 * kCopyBytes);
  [[maybe_unused]] const auto written =
      ::pwrite(file_, bytes.data(), bytes.size(), offset);
}

void Watermark::Reset(const Mark& mark) {
  const std::string zeros(kFileBytes, '\0');
  [[maybe_unused]] const auto written =
      ::pwrite(file_, zeros.data(), zeros.size(), 0);
  Set(mark);
}

}  // namespace segrid::queue::rocksdb
