#include "core/queue/rocksdb/watermark.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/queue/rocksdb/binary.h"
#include "core/queue/rocksdb/database.h"
#include "rocksdb/status.h"

namespace segrid::queue::rocksdb {
namespace {

// Two copies, written in turn: a crash damages one at most. They are this far
// apart, because a disk loses whole sectors of up to 4 KiB.
constexpr std::size_t kCopyBytes = 4096;
constexpr std::size_t kFileBytes = 2 * kCopyBytes;
constexpr std::string_view kContext = "watermark 2";
// Format 1 has its copies here, and no lanes.
constexpr std::size_t kOldCopyBytes = 128;
constexpr std::size_t kOldUsedBytes = 3 * 8 + 4;
constexpr std::string_view kOldContext = "watermark";

void GetTotals(BinaryReader& reader, Mark& mark) {
  mark.commit = reader.Get<std::uint64_t>();
  mark.accepted_total = reader.Get<std::int64_t>();
  mark.time = reader.GetTime();
}

bool ParseOld(std::string_view copy, Mark& mark) {
  BinaryReader reader(copy.substr(0, kOldUsedBytes));
  reader.CheckChecksum(kOldContext);
  GetTotals(reader, mark);
  return reader.ok();
}

bool ParseNew(std::string_view copy, Mark& mark) {
  BinaryReader size(copy);
  BinaryReader reader(size.GetText());
  reader.CheckChecksum(kContext);
  GetTotals(reader, mark);
  while (reader.ok() && !reader.rest().empty()) {
    const std::string name(reader.GetText());
    const auto record = ParseLane(reader.GetText(), LaneKey(name));
    if (!record.has_value()) return false;
    mark.lanes.emplace_back(name, *record);
  }
  return size.ok() && reader.ok();
}

std::string Encode(const Mark& mark) {
  std::string bytes;
  BinaryWriter writer(bytes);
  writer.Put(mark.commit);
  writer.Put(mark.accepted_total);
  writer.PutTime(mark.time);
  for (const auto& [name, record] : mark.lanes) {
    const std::string lane = rocksdb::Encode(record, LaneKey(name));
    if (bytes.size() + name.size() + lane.size() + 16 > kCopyBytes) break;
    writer.PutText(name);
    writer.PutText(lane);
  }
  writer.PutChecksum(kContext);
  std::string copy;
  BinaryWriter(copy).PutText(bytes);
  return copy;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Watermark>> Watermark::Open(
    const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  // Real blocks: a full disk must not stop it.
  int error = file < 0 ? errno : ::posix_fallocate(file, 0, kFileBytes);
  if (error != 0) {
    if (file >= 0) ::close(file);
    return FromRocks(::rocksdb::Status::IOError(std::strerror(error)),
                     absl::StrCat("making ", path));
  }
  return std::unique_ptr<Watermark>(new Watermark(file));
}

Watermark::~Watermark() { ::close(file_); }

Watermark::Content Watermark::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string page{std::istreambuf_iterator<char>(file), {}};
  Content content{.exists = file.is_open()};
  for (const std::size_t offset : {std::size_t{0}, kOldCopyBytes, kCopyBytes}) {
    if (page.size() < offset + kOldUsedBytes) continue;
    // A new copy may reach over the place of an old one.
    const std::string_view copy = std::string_view(page).substr(offset);
    Mark mark;
    Mark old;
    if (offset != kOldCopyBytes && ParseNew(copy, mark)) {
      // As good as it gets.
    } else if (ParseOld(copy, old)) {
      mark = old;
    } else {
      const bool unset =
          copy.substr(0, kOldUsedBytes).find_first_not_of('\0') ==
          std::string::npos;
      const bool damaged = offset != kOldCopyBytes && !unset;
      content.damaged = content.damaged || damaged;
      continue;
    }
    if (!content.mark.has_value() || content.mark->commit <= mark.commit) {
      content.mark = std::move(mark);
    }
  }
  return content;
}

void Watermark::Set(const Mark& mark) {
  const std::string bytes = Encode(mark);
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
