// How far a backfill came in each of its files.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "client/cli/progress_file.h"

namespace segrid::cli {

// How far it came in a file.
struct BackfillPosition {
  std::int64_t done = 0;  // Items, bad ones included.
  std::string mark{};     // Of the last one: see MarkOf().
  // Bytes of the file of rejected lines that belong to the items before; with
  // `tail_bytes` behind them for a last line that was not finished.
  std::int64_t rejected_bytes = -1;
  std::int64_t tail_bytes = -1;
};

// Notes, for each file, of how many items are done, with a mark of the last
// one: a file that grew goes on, a file that became another one under the same
// name begins anew. Thread safety: none.
class BackfillProgress {
 public:
  explicit BackfillProgress(ProgressFile notes) : notes_(std::move(notes)) {}

  // Names the item `text`, without the blanks around it, which change when the
  // file grows.
  static std::string MarkOf(std::string_view text);

  // How far it came in `file` before; all 0 when nothing is known.
  BackfillPosition Find(const std::string& file) const;

  // Notes it for good. Errors: those of ProgressFile::Write().
  std::optional<Error> Note(const std::string& file,
                            const BackfillPosition& position);

  // Names the events `part` of `file` behind `first`: the same for a part that
  // is sent again because a run was killed before it noted the answer, another
  // name for every other call. Empty when nothing is kept. At most 64
  // characters.
  std::string NameOfCall(const std::string& file, std::int64_t first,
                         std::string_view part);

  bool is_kept() const { return notes_.is_kept(); }

 private:
  ProgressFile notes_;
};

}  // namespace segrid::cli
