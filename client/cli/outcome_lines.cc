#include "client/cli/outcome_lines.h"

#include <array>
#include <cstdint>
#include <utility>

#include "client/cli/batch_tracks.h"
#include "client/cli/safe_text.h"
#include "core/transform/outcome.h"

namespace segrid::cli {
namespace {

// Data for programs byte for byte; on a terminal, whoever wrote an event must
// not control it.
void PrintTrack(std::string_view track, Console& console) {
  if (console.terminal) {
    console.out << SafeJson(track);
  } else {
    console.out << track;
  }
}

void PrintTracks(const TransformAnswer& answer, Console& console,
                 bool& consistent) {
  BatchTracks tracks(answer.batch_json);
  std::string_view track;
  while (tracks.Next(track)) {
    PrintTrack(track, console);
    console.out << '\n';
  }
  consistent = tracks.AtEnd();
}

void PrintIssue(const pipeline::Issue& issue, const TransformAnswer& answer,
                Console& console) {
  const auto newer = answer.newer_reasons.find(issue.reason);
  const bool is_newer = newer != answer.newer_reasons.end();
  const transform::Outcome outcome =
      is_newer ? newer->second : transform::Describe(issue.reason).outcome;
  console.out << "{\"index\":" << issue.index
              << (outcome == transform::Outcome::kSkipped ? ",\"skipped\":\""
                                                          : ",\"rejected\":\"");
  if (is_newer) {
    console.out << static_cast<int>(issue.reason);
  } else {
    console.out << transform::Describe(issue.reason).name;
  }
  console.out << "\"}\n";
}

// Events and issues are in the same order: what has no issue has a Track.
void PrintOutcomes(const TransformAnswer& answer, Console& console,
                   bool& consistent) {
  BatchTracks tracks(answer.batch_json);
  std::string_view track;
  auto issue = answer.issues.begin();
  for (std::int32_t i = 0; i < answer.counts.events; ++i) {
    if (issue != answer.issues.end() && issue->index == i) {
      PrintIssue(*issue++, answer, console);
    } else if (tracks.Next(track)) {
      console.out << "{\"index\":" << i << ",\"track\":";
      PrintTrack(track, console);
      console.out << "}\n";
    } else {
      consistent = false;
      return;
    }
  }
  consistent = tracks.AtEnd() && issue == answer.issues.end();
}

void PrintCounts(const pipeline::Counts& counts, bool as_json,
                 Console& console) {
  const std::array<std::pair<const char*, std::int32_t>, 6> fields = {
      {{"events", counts.events},
       {"tracks", counts.tracks},
       {"skipped", counts.skipped},
       {"rejected", counts.rejected},
       {"coerced", counts.field_coerced},
       {"dropped", counts.field_dropped}}};
  const char* separator = as_json ? "{" : "";
  for (const auto& [name, count] : fields) {
    console.err << separator;
    if (as_json) {
      console.err << '"' << name << "\":" << count;
    } else {
      console.err << name << '=' << count;
    }
    separator = as_json ? "," : " ";
  }
  console.err << (as_json ? "}" : "") << std::endl;
}

}  // namespace

int PrintAnswer(const TransformAnswer& answer, const AnswerForm& form,
                Console& console) {
  bool consistent = true;
  switch (form.format) {
    case Format::kTracks:
      PrintTracks(answer, console, consistent);
      break;
    case Format::kOutcomes:
      PrintOutcomes(answer, console, consistent);
      break;
    case Format::kBatch:
      PrintTrack(answer.batch_json, console);
      console.out << '\n';
      break;
  }
  if (!consistent) {
    return Fail(console, "the answer's Tracks and issues do not fit together");
  }
  if (!console.out.flush()) return Fail(console, kCannotWrite);
  PrintCounts(answer.counts, form.counts_as_json, console);
  return kDone;
}

}  // namespace segrid::cli
