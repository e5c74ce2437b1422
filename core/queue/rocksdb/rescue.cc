#include "core/queue/rocksdb/rescue.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"
#include "core/queue/rocksdb/table_reader.h"
#include "core/queue/rocksdb/wal_reader.h"
#include "rocksdb/db.h"
#include "rocksdb/metadata.h"
#include "rocksdb/write_batch.h"

namespace segrid::queue::rocksdb {
namespace {

namespace fs = std::filesystem;
namespace rdb = ::rocksdb;

// Written to the new database together.
constexpr std::size_t kBatchBytes = 4 << 20;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

rdb::Slice ToSlice(std::string_view text) { return {text.data(), text.size()}; }

// The family that a sorted file says it is of; nullopt: it does not say.
std::optional<Family> FamilyOf(std::string_view file) {
  // Its property "rocksdb.column.family.name" shares its beginning with the one
  // before it, so only the last word is there, with three numbers in front.
  constexpr std::string_view kBefore = "column.family.id";
  constexpr std::string_view kName = "name";
  constexpr std::size_t kNumbers = 8;
  const std::size_t before = file.rfind(kBefore);
  const std::size_t at = file.find(kName, before);
  if (at == std::string_view::npos || at > before + kBefore.size() + kNumbers) {
    return std::nullopt;
  }
  const std::string_view value = file.substr(at + kName.size());
  for (std::size_t i = 0; i < kFamilyCount; ++i) {
    const auto family = static_cast<Family>(i);
    if (value.starts_with(NameOf(family))) return family;
  }
  return std::nullopt;
}

class Rescuer {
 public:
  Rescuer(Database& target, Rescued& rescued)
      : target_(target), rescued_(rescued) {}

  absl::Status Run(const std::string& path) {
    std::vector<fs::path> tables;
    std::vector<fs::path> logs;
    std::error_code error;
    const std::optional<std::set<std::string>> live = LiveFiles(path);
    for (fs::directory_iterator it(path, error), end; !error && it != end;
         it.increment(error)) {
      const fs::path& file = it->path();
      if (file.extension() == ".log") logs.push_back(file);
      if (file.extension() != ".sst") continue;
      // One that was merged into another, and not deleted yet.
      if (live.has_value() && !live->contains(file.filename())) continue;
      tables.push_back(file);
    }
    if (live.has_value()) {
      NoteMissing(*live, path);
    } else {
      Note("the catalog of files cannot be read", std::nullopt);
    }
    // Their names are numbers with leading zeros.
    std::sort(tables.begin(), tables.end());
    std::sort(logs.begin(), logs.end());
    for (const fs::path& table : tables) ReadOneTable(table);
    for (const fs::path& log : logs) ReadOneLog(log);
    Flush();
    for (auto& [key, letter] : letters_) {
      if (letter.value.has_value()) {
        rescued_.letters.emplace(key, *std::move(letter.value));
      }
    }
    return status_;
  }

 private:
  // The newest that was said of a dead letter.
  struct Letter {
    std::uint64_t sequence = 0;
    std::optional<std::string> value{};  // Nullopt: it was deleted.
  };

  // The sorted files that the catalog names; nullopt: it cannot be read.
  static std::optional<std::set<std::string>> LiveFiles(
      const std::string& path) {
    const auto database = Database::Open(path, OpenMode::kSkim, nullptr);
    if (!database.ok()) return std::nullopt;
    return (*database)->files();
  }

  void NoteMissing(const std::set<std::string>& live, const std::string& path) {
    for (const std::string& name : live) {
      std::error_code error;
      if (fs::exists(fs::path(path) / name, error)) continue;
      Note(absl::StrCat(name, " is missing"), std::nullopt);
    }
  }

  void Note(std::string text, std::optional<Family> family) {
    rescued_.damages.push_back(std::move(text));
    if (!family.has_value() || *family == Family::kBodies) {
      rescued_.bodies_are_whole = false;
    }
  }

  void ReadOneTable(const fs::path& path) {
    const std::string bytes = ReadFile(path);
    const std::optional<Family> family = FamilyOf(bytes);
    const bool whole = ReadTable(bytes, [&](const TableEntry& entry) {
      if (!entry.deletes) {
        return Keep(family, entry.key, entry.value, entry.sequence);
      }
      if (family == Family::kDead) Delete(entry.key, entry.sequence);
      return ParseSequenceKey(entry.key).has_value();
    });
    if (whole) return;
    Note(absl::StrCat("reading around what is damaged in ",
                      path.filename().string()),
         family);
  }

  void ReadOneLog(const fs::path& path) {
    const std::string bytes = ReadFile(path);
    const LogContent content = ReadLog(bytes);
    for (const std::string& batch : content.batches) {
      std::uint64_t sequence = SequenceOf(batch);
      const bool whole = ReadBatch(batch, [&](const LogOperation& operation) {
        Do(operation, sequence++);
      });
      if (!whole) {
        Note(absl::StrCat("leaving out a batch that cannot be read in ",
                          path.filename().string()),
             std::nullopt);
      }
    }
    if (!content.damaged) return;
    Note(absl::StrCat("reading around what is damaged in ",
                      path.filename().string()),
         std::nullopt);
  }

  void Do(const LogOperation& operation, std::uint64_t sequence) {
    // Families have the numbers of their making, which is that of Family. An
    // older repair gave some of them other numbers: records tell themselves.
    std::optional<Family> family;
    if (operation.family < kFamilyCount) {
      family = static_cast<Family>(operation.family);
    }
    if (operation.kind == LogOperation::Kind::kPut) {
      Keep(family, operation.key, operation.value, sequence);
    } else if (operation.kind == LogOperation::Kind::kDelete &&
               family == Family::kDead) {
      Delete(operation.key, sequence);
    }
  }

  // True: it is a sound record, of `family` if that is known, else of any.
  bool Keep(std::optional<Family> family, std::string_view key,
            std::string_view value, std::uint64_t sequence) {
    if (family.has_value() && KeepAs(*family, key, value, sequence)) {
      return true;
    }
    for (std::size_t i = 0; i < kFamilyCount; ++i) {
      const auto other = static_cast<Family>(i);
      if (other != family && KeepAs(other, key, value, sequence)) return true;
    }
    return false;
  }

  bool KeepAs(Family family, std::string_view key, std::string_view value,
              std::uint64_t sequence) {
    if (family == Family::kLanes) return KeepLane(key, value, key, sequence);
    if (family == Family::kSettled) {
      if (const auto original = ParseCopyKey(key)) {
        return KeepLane(*original, value, key, sequence);
      }
    }
    const auto place = ParseSequenceKey(key);
    if (!place.has_value() || place->first == 0) return false;
    switch (family) {
      case Family::kChunks:
        return KeepChunk(key, value);
      case Family::kBodies:
        return KeepBody(*place, key, value, sequence);
      case Family::kSettled:
        return KeepSettled(*place, key, value);
      default:
        return KeepLetter(key, value, sequence);
    }
  }

  // A record of Family::kLanes that stands under `at`: its key, or that of its
  // copy.
  bool KeepLane(std::string_view key, std::string_view value,
                std::string_view at, std::uint64_t sequence) {
    if (key == kStoreKey) {
      const auto record = ParseStore(value, at);
      if (!record.has_value()) return false;
      if (!rescued_.store.has_value() ||
          rescued_.store->commit < record->commit) {
        rescued_.store = record;
      }
      return true;
    }
    const auto name = ParseLaneKey(key);
    const auto record = ParseLane(value, at);
    if (!name.has_value() || !record.has_value()) return false;
    RescuedLane& lane = rescued_.lanes[record->id];
    lane.name = *name;
    // In format 1, only RocksDB knows which one is newer.
    const std::pair age{record->commit, sequence};
    if (!lane.record.has_value() || ages_[record->id] < age) {
      lane.record = record;
      ages_[record->id] = age;
    }
    return true;
  }

  bool KeepChunk(std::string_view key, std::string_view value) {
    const auto record = ParseChunk(value, key);
    if (!record.has_value() || record->info.count == 0) return false;
    if (rescued_.chunks.emplace(key, record->info).second) {
      Write(Family::kChunks, key, value);
    }
    return true;
  }

  bool KeepBody(const std::pair<LaneId, Sequence>& place, std::string_view key,
                std::string_view value, std::uint64_t sequence) {
    const std::optional<Body> body = Body::Parse(value, key);
    if (!body.has_value()) return false;
    RescuedBody found{.count = body->count(),
                      .bytes = body->ends()->back(),
                      .sequence = sequence};
    RescuedLane& lane = rescued_.lanes[place.first];
    if (body->origin().has_value()) {
      found.commit = body->origin()->commit;
      found.replayed = body->origin()->replayed;
      lane.name = body->origin()->lane;
    }
    // An erasure writes a body again: the older one has what was erased.
    const auto [kept, is_new] = rescued_.bodies.emplace(key, found);
    if (is_new || kept->second.sequence < sequence) {
      kept->second = found;
      Write(Family::kBodies, key, value);
    }
    return true;
  }

  bool KeepSettled(const std::pair<LaneId, Sequence>& place,
                   std::string_view key, std::string_view value) {
    const auto last = ParseSettled(value, key);
    if (!last.has_value() || *last < place.second) return false;
    // A message that was settled once is settled for ever.
    rescued_.settled[place.first].push_back({place.second, *last});
    return true;
  }

  bool KeepLetter(std::string_view key, std::string_view value,
                  std::uint64_t sequence) {
    if (!ParseDeadLetter(value, key).has_value()) return false;
    Letter& letter = letters_[std::string(key)];
    if (sequence >= letter.sequence) {
      letter = {sequence, std::string(value)};
    }
    return true;
  }

  void Delete(std::string_view key, std::uint64_t sequence) {
    Letter& letter = letters_[std::string(key)];
    if (sequence >= letter.sequence) letter = {sequence, std::nullopt};
  }

  void Write(Family family, std::string_view key, std::string_view value) {
    batch_.Put(target_.family(family), ToSlice(key), ToSlice(value))
        .PermitUncheckedError();
    if (batch_.GetDataSize() >= kBatchBytes) Flush();
  }

  void Flush() {
    if (status_.ok()) status_ = target_.Write(batch_, false);
    batch_.Clear();
  }

  Database& target_;
  Rescued& rescued_;
  rdb::WriteBatch batch_;
  absl::Status status_;
  std::map<LaneId, std::pair<std::uint64_t, std::uint64_t>> ages_;
  std::map<std::string, Letter> letters_;
};

}  // namespace

absl::Status RescueAll(const std::string& path, Database& target,
                       Rescued& rescued) {
  return Rescuer(target, rescued).Run(path);
}

}  // namespace segrid::queue::rocksdb
