// How far a backfill came in each of its files.

#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/progress_file.h"
#include "client/internal/json_elements.h"

namespace segrid::cli {

// Notes of `<events done><TAB><mark> <file>`, where the mark names the last
// event that is done: a file that grew goes on, a file that became another one
// under the same name begins anew. Thread safety: none.
class BackfillProgress {
 public:
  explicit BackfillProgress(ProgressFile notes) : notes_(std::move(notes)) {}

  // Events of `file`, whose events are `parts`, that were done before.
  std::int64_t Done(const std::string& file,
                    const std::vector<internal::ElementRun>& parts);

  // Notes that `part` of `file` is done, and all before it. Errors: those of
  // ProgressFile::Note().
  std::optional<Error> Note(const std::string& file,
                            const internal::ElementRun& part);

 private:
  ProgressFile notes_;
  std::map<std::string, std::string> name_of_;  // Of a file's note.
};

}  // namespace segrid::cli
