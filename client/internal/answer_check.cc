#include "client/internal/answer_check.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>
#include <utility>

namespace segrid::internal {
namespace {

// What a byte outside strings is for the one who counts elements.
enum class Mark : std::uint8_t {
  kOther,
  kBlank,
  kQuote,
  kOpen,
  kClose,
  kComma
};

constexpr std::array<Mark, 256> kMarks = [] {
  std::array<Mark, 256> marks{};
  for (const unsigned char c : {' ', '\t', '\r', '\n'}) marks[c] = Mark::kBlank;
  for (const unsigned char c : {'[', '{'}) marks[c] = Mark::kOpen;
  for (const unsigned char c : {']', '}'}) marks[c] = Mark::kClose;
  marks['"'] = Mark::kQuote;
  marks[','] = Mark::kComma;
  return marks;
}();

Mark MarkOf(char c) { return kMarks[static_cast<unsigned char>(c)]; }

Error Impossible(std::string what) {
  Error error;
  error.code = ErrorCode::kInternal;
  error.reason = "IMPOSSIBLE_ANSWER";
  error.message =
      "the server's answer does not fit what was sent, so nobody knows what "
      "became of it: " +
      std::move(what);
  return error;
}

struct Count {
  const char* name;
  std::int64_t value;
};

std::string Text(const Count& count) {
  return std::string(count.name) + " is " + std::to_string(count.value);
}

// The first that is negative.
std::optional<Error> CheckSigns(std::initializer_list<Count> counts) {
  for (const Count& count : counts) {
    if (count.value < 0) return Impossible(Text(count));
  }
  return std::nullopt;
}

std::optional<Error> CheckSum(const Count& whole,
                              std::initializer_list<Count> parts) {
  std::int64_t sum = 0;
  std::string names;
  for (const Count& part : parts) {
    sum += part.value;
    names += (names.empty() ? "" : " + ") + std::string(part.name);
  }
  if (sum == whole.value) return std::nullopt;
  return Impossible(Text(whole) + ", but " + names + " is " +
                    std::to_string(sum));
}

std::optional<Error> CheckEvents(const SentBatch& sent, std::int64_t events) {
  if (!sent.events || *sent.events == events) return std::nullopt;
  return Impossible("event_count is " + std::to_string(events) + " for " +
                    std::to_string(*sent.events) + " events");
}

std::optional<Error> CheckIssues(
    const google::protobuf::RepeatedPtrField<v1::EventIssue>& issues,
    std::int64_t events) {
  for (const v1::EventIssue& issue : issues) {
    if (issue.index() < 0 || issue.index() >= events) {
      return Impossible("an issue is about event " +
                        std::to_string(issue.index()) + " of " +
                        std::to_string(events));
    }
  }
  return std::nullopt;
}

std::optional<Error> CheckSource(const v1::SourceResult& source,
                                 std::int64_t events) {
  if (auto error = CheckSigns(
          {{"accepted_count of a source", source.accepted_count()},
           {"duplicate_count of a source", source.duplicate_count()},
           {"skipped_count of a source", source.skipped_count()},
           {"rejected_count of a source", source.rejected_count()}})) {
    return error;
  }
  return CheckSum({"event_count", events},
                  {{"accepted_count", source.accepted_count()},
                   {"duplicate_count", source.duplicate_count()},
                   {"skipped_count", source.skipped_count()},
                   {"rejected_count of a source", source.rejected_count()}});
}

// The first error of the checks, which are made in their order.
template <typename... Checks>
std::optional<Error> First(const Checks&... checks) {
  std::optional<Error> error;
  static_cast<void>(((error = checks()).has_value() || ...));
  return error;
}

}  // namespace

std::optional<std::int64_t> CountElements(std::string_view json) {
  std::int64_t commas = 0;
  std::int64_t depth = 0;
  bool any = false;  // Something is in the array.
  for (std::size_t at = 0; at < json.size(); ++at) {
    const Mark mark = MarkOf(json[at]);
    if (mark == Mark::kOther || mark == Mark::kBlank) {
      any = any || (mark == Mark::kOther && depth == 1);
      if (depth == 0 && mark == Mark::kOther && at >= 3) return std::nullopt;
      continue;
    }
    if (mark == Mark::kComma) {
      if (depth == 1) ++commas;
      continue;
    }
    if (mark == Mark::kClose) {
      if (--depth == 0) return any ? commas + 1 : 0;
      continue;
    }
    if (depth == 0 && json[at] != '[') return std::nullopt;
    any = any || depth == 1;
    if (mark == Mark::kOpen) {
      ++depth;
      continue;
    }
    for (++at; at < json.size() && json[at] != '"'; ++at) {
      if (json[at] == '\\') ++at;
    }
  }
  return std::nullopt;
}

SentBatch SentBy(const v1::TransformRequest& request) {
  SentBatch sent;
  sent.events = request.webhook_json().empty()
                    ? std::optional<std::int64_t>(request.events_size())
                    : CountElements(request.webhook_json());
  sent.wants_batch_json = request.output() == v1::OUTPUT_BATCH_JSON;
  return sent;
}

SentBatch SentBy(const v1::ForwardRequest& request) {
  SentBatch sent;
  sent.events = request.webhook_json().empty()
                    ? std::optional<std::int64_t>(request.events_size())
                    : CountElements(request.webhook_json());
  sent.sources = request.sources_size();
  sent.waits = request.wait() == v1::WAIT_DELIVERED;
  return sent;
}

std::optional<Error> CheckAnswer(const SentBatch& sent,
                                 const v1::TransformResponse& answer) {
  const Count events{"event_count", answer.event_count()};
  const Count tracks{"track_count", answer.track_count()};
  const Count skipped{"skipped_count", answer.skipped_count()};
  const Count rejected{"rejected_count", answer.rejected_count()};
  return First(
      [&] {
        return CheckSigns({events, tracks, skipped, rejected});
      },
      [&] { return CheckEvents(sent, events.value); },
      [&] {
        return CheckSum(events, {tracks, skipped, rejected});
      },
      [&] { return CheckIssues(answer.issues(), events.value); },
      [&]() -> std::optional<Error> {
        const bool fits =
            sent.wants_batch_json
                ? tracks.value == 0 || !answer.batch_json().empty()
                : answer.tracks_size() == tracks.value;
        if (fits) return std::nullopt;
        return Impossible(Text(tracks) + ", but there are others");
      });
}

std::optional<Error> CheckAnswer(const SentBatch& sent,
                                 const v1::ForwardResponse& answer) {
  const Count events{"event_count", answer.event_count()};
  const Count accepted{"accepted_count", answer.accepted_count()};
  const Count duplicate{"duplicate_count", answer.duplicate_count()};
  const Count skipped{"skipped_count", answer.skipped_count()};
  const Count rejected{"rejected_count", answer.rejected_count()};
  const std::int64_t settled = std::int64_t{answer.delivered_count()} +
                               answer.pending_count() +
                               answer.dead_letter_count();
  const auto check_sources = [&]() -> std::optional<Error> {
    if ((answer.sources().empty() && events.value > 0) ||
        (sent.sources > 0 && answer.sources_size() > sent.sources)) {
      return Impossible(std::to_string(answer.sources_size()) +
                        " sources have answered");
    }
    for (const v1::SourceResult& source : answer.sources()) {
      if (auto error = CheckSource(source, events.value)) return error;
    }
    return std::nullopt;
  };
  const auto check_settled = [&]() -> std::optional<Error> {
    const bool fits = settled <= accepted.value &&
                      (!sent.waits || accepted.value == 0 || settled > 0);
    if (fits) return std::nullopt;
    return Impossible(Text(accepted) +
                      ", but delivered, pending and dead are " +
                      std::to_string(settled));
  };
  return First(
      [&] {
        return CheckSigns({events,
                           accepted,
                           duplicate,
                           skipped,
                           rejected,
                           {"delivered_count", answer.delivered_count()},
                           {"pending_count", answer.pending_count()},
                           {"dead_letter_count", answer.dead_letter_count()}});
      },
      [&] { return CheckEvents(sent, events.value); }, check_sources,
      [&] {
        return CheckSum(
            {"event_count * sources", events.value * answer.sources_size()},
            {accepted, duplicate, skipped, rejected});
      },
      [&] { return CheckIssues(answer.issues(), events.value); },
      check_settled);
}

}  // namespace segrid::internal
