#include "client/cli/post_report.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "client/cli/archive_input.h"
#include "client/cli/console.h"
#include "client/cli/event_check.h"
#include "client/cli/event_splitter.h"
#include "client/cli/event_trace.h"
#include "client/cli/json_values.h"
#include "client/cli/safe_text.h"
#include "client/cli/transform_offline.h"

namespace segrid::cli {
namespace {

constexpr std::int64_t kShownEvents = 20;
constexpr std::size_t kMaxUnpackedBytes = 64 << 20;

void AddLine(std::string& text, std::string_view what, std::string_view value) {
  constexpr std::size_t kWidth = 18;
  text.append("    ").append(what);
  text.append(what.size() < kWidth ? kWidth - what.size() : 1, ' ');
  text.append(Printable(value)).append("\n");
}

// The body without its packing.
Result<std::string> Unpacked(const std::string& body) {
  ArchiveInput input = ArchiveInput::OfBytes(body);
  std::string text;
  std::string block(64 << 10, '\0');
  while (text.size() <= kMaxUnpackedBytes) {
    const Result<std::size_t> got = input.Read(block.data(), block.size());
    if (!got.ok()) return got.error();
    if (*got == 0) return text;
    text.append(block, 0, *got);
  }
  Error error;
  error.code = ErrorCode::kResourceExhausted;
  error.message = "the unpacked body is larger than 64 MiB";
  return error;
}

bool SaysGzip(const Post& post) {
  return post.Header("Content-Encoding").value_or("") == "gzip";
}

// What becomes of one event.
std::string OutcomeOf(const ArchiveItem& item,
                      const transform::Options& options) {
  std::string array = "[";
  array.append(item.text).push_back(']');
  const auto trace = TraceEvent(array, options);
  if (!trace.ok()) return std::string(trace.status().message());
  const std::string name = trace->event.empty() ? "" : trace->event + ": ";
  if (!trace->track.empty()) return name + "Track \"" + trace->detail + "\"";
  return name + "no Track: " + trace->outcome + ", " + trace->detail;
}

// Lines for the first events of a body that is right.
void AddEvents(const std::string& array, const transform::Options& options,
               PostReport& report) {
  EventSplitter splitter = SplitText(array);
  while (const auto item = *splitter.Next()) {
    if (item->index >= kShownEvents) break;
    AddLine(report.text, "event " + std::to_string(item->index),
            OutcomeOf(*item, options));
  }
  if (report.events > kShownEvents) {
    AddLine(report.text, "",
            "and " + std::to_string(report.events - kShownEvents) + " more");
  }
}

void AddBody(const Post& post, const transform::Options& options,
             PostReport& report) {
  const Result<std::string> plain = Unpacked(post.body);
  const Result<std::string> array =
      plain.ok() ? AsArray(*plain) : Result<std::string>(plain.error());
  if (!array.ok()) return AddLine(report.text, "body", array.error().message);
  // The webhook is stricter than the command line.
  std::string why = EventCheck().WhyNoArray(*plain);
  if (post.body != *plain && !SaysGzip(post)) {
    why = "is a gzip, but no header Content-Encoding: gzip says so";
  }
  if (!why.empty()) {
    AddLine(report.text, "body", why + "; Segrid's webhook would refuse it");
    return;
  }
  const auto answer = TransformOffline(*array, options);
  if (!answer.ok()) {
    return AddLine(report.text, "body", std::string(answer.status().message()));
  }
  report.is_readable = true;
  report.events = answer->counts.events;
  report.tracks = answer->counts.tracks;
  AddEvents(*array, options, report);
  AddLine(report.text, "makes",
          Counted(report.tracks, "Track") + " of " +
              Counted(report.events, "event") + "; " +
              std::to_string(answer->counts.skipped) + " skipped, " +
              std::to_string(answer->counts.rejected) + " rejected");
}

}  // namespace

PostReport ReportPost(const Post& post, const PostReportOptions& options,
                      absl::Time now) {
  PostReport report;
  AddLine(report.text, "request",
          post.method + " " + post.target + ", " +
              Counted(static_cast<std::int64_t>(post.body.size()), "byte") +
              ", from " + post.peer);
  for (const char* name : {"Content-Type", "Content-Encoding", "User-Agent"}) {
    if (const auto value = post.Header(name)) {
      AddLine(report.text, name, *value);
    }
  }
  report.signature = ReportSignature(post, options.key, now);
  AddLine(report.text, "signature", report.signature.text);
  AddBody(post, options.transform, report);
  return report;
}

}  // namespace segrid::cli
