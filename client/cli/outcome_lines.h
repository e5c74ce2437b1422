// The forms in which `segrid transform` prints its answer.

#pragma once

#include "client/cli/console.h"
#include "client/cli/transform_answer.h"

namespace segrid::cli {

enum class Format {
  kTracks,    // A Track's JSON per line.
  kOutcomes,  // A line per event: its Track, or why there is none.
  kBatch,     // The batch as it is.
};

// How an answer is printed.
struct AnswerForm {
  Format format = Format::kTracks;
  bool counts_as_json = false;  // Else as `events=3 tracks=1 …`.
};

// Prints `answer` on `out` and its counts on `err`. Returns the exit code:
// kFailed when the answer contradicts itself, which only a server that is not
// ours can do.
int PrintAnswer(const TransformAnswer& answer, const AnswerForm& form,
                Console& console);

}  // namespace segrid::cli
