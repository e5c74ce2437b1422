#include "core/receivers/segment/partial_success.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "core/base/absl_view.h"
#include "simdjson.h"

namespace segrid::receivers::segment {
namespace {

using Index = std::unordered_map<std::string_view, std::size_t>;

bool IsIdCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' ||
         c == '.' || c == '_';
}

// Where the message is whose id is the first of the words of `text` that is
// one. A full stop may end the word or the sentence.
std::optional<std::size_t> FindNamed(std::string_view text,
                                     const Index& index) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    if (!IsIdCharacter(text[begin])) {
      ++begin;
      continue;
    }
    std::size_t end = begin;
    while (end < text.size() && IsIdCharacter(text[end])) ++end;
    std::string_view word = text.substr(begin, end - begin);
    auto found = index.find(word);
    if (found == index.end() && word.ends_with('.')) {
      word.remove_suffix(1);
      found = index.find(word);
    }
    if (found != index.end()) return found->second;
    begin = end;
  }
  return std::nullopt;
}

// The error as the receiver wrote it.
std::string TextOf(const simdjson::dom::element& error) {
  std::string_view text;
  if (error.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(error);
}

// An error's words about its event: of a message and its cause, the last that
// stands here counts, because it costs the least.
enum class Cause : std::uint8_t { kEvent, kMoment, kSettings };

struct Phrase {
  std::string_view text;
  Cause cause;
};

// Jitsu names every event in `errors`, also when the cause is its own: the
// events are throttled, its Kafka does not answer, nothing is connected. What
// is not here is about the event.
constexpr std::array<Phrase, 4> kPhrases = {{
    {"quota exceeded", Cause::kMoment},
    {"throttled", Cause::kMoment},
    {"producer error", Cause::kMoment},
    {"no destinations found", Cause::kSettings},
}};

Cause CauseOf(std::string_view text) {
  Cause cause = Cause::kEvent;
  const std::string lower = absl::AsciiStrToLower(base::Absl(text));
  for (const Phrase& phrase : kPhrases) {
    if (absl::StrContains(lower, base::Absl(phrase.text))) {
      cause = std::max(cause, phrase.cause);
    }
  }
  return cause;
}

Verdict VerdictOf(Cause cause) {
  if (cause == Cause::kMoment) return Verdict::kRetry;
  return cause == Cause::kSettings ? Verdict::kMisconfigured : Verdict::kSplit;
}

// For status: no event data.
std::string DetailOf(const Answer& answer, Cause cause) {
  constexpr std::array<std::string_view, 3> kTexts = {
      "messages are not accepted",
      "the receiver puts messages off (quota exceeded, throttled or producer "
      "error)",
      "the receiver has no destination for this write key; connect one, then "
      "resume the source"};
  return absl::StrCat("HTTP ", answer.status, ": ",
                      base::Absl(kTexts[static_cast<std::size_t>(cause)]));
}

struct EventError {
  std::string text{};
  Cause cause = Cause::kEvent;
};

// All errors of an answer.
struct Errors {
  std::map<std::size_t, EventError> named{};  // By place.
  bool all_named = true;
  Cause least = Cause::kSettings;
  Cause most = Cause::kEvent;
};

Errors ReadErrors(const simdjson::dom::array& errors,
                  const std::vector<std::string_view>& ids) {
  Index index;
  for (std::size_t i = 0; i < ids.size(); ++i) index.emplace(ids[i], i);
  Errors read;
  for (const simdjson::dom::element error : errors) {
    EventError one = {.text = TextOf(error)};
    one.cause = CauseOf(one.text);
    read.least = std::min(read.least, one.cause);
    read.most = std::max(read.most, one.cause);
    const auto place = FindNamed(one.text, index);
    if (!place) {
      read.all_named = false;
      continue;
    }
    const auto [known, is_new] = read.named.emplace(*place, one);
    if (!is_new && one.cause > known->second.cause) {
      known->second = std::move(one);
    }
  }
  return read;
}

// Whether the answer's own numbers agree that all of those it did not take are
// named. Those that it dropped as duplicates it has: they count as taken,
// whether `okEvents` has them or not.
bool CountsAgree(const simdjson::dom::object& body, std::size_t named) {
  std::int64_t received = 0;
  std::int64_t taken = 0;
  if (body["receivedEvents"].get(received) != simdjson::SUCCESS ||
      body["okEvents"].get(taken) != simdjson::SUCCESS) {
    return true;
  }
  std::int64_t duplicates = 0;
  if (body["deduplicatedEvents"].get(duplicates) != simdjson::SUCCESS) {
    duplicates = 0;
  }
  const auto refused = static_cast<std::int64_t>(named);
  return received - taken == refused ||
         received - taken - duplicates == refused;
}

std::string Shown(const Answer& answer, std::string_view text) {
  return absl::StrCat("HTTP ", answer.status, ": ",
                      base::Absl(ShownPart(text)));
}

}  // namespace

SendResult DecidePartialSuccess(const Answer& answer,
                                const std::vector<std::string_view>& ids) {
  simdjson::dom::parser parser;
  simdjson::dom::object body;
  bool ok = false;
  if (parser.parse(answer.body.data(), answer.body.size()).get(body) !=
          simdjson::SUCCESS ||
      body["ok"].get(ok) != simdjson::SUCCESS) {
    return {.verdict = Verdict::kRetry,
            .detail = absl::StrCat("HTTP ", answer.status,
                                   " without 'ok': this is not jitsu; check "
                                   "the endpoint"),
            .answer = Shown(answer, answer.body)};
  }
  if (ok) return {.verdict = Verdict::kDelivered};

  simdjson::dom::array list;
  Errors errors = {.all_named = false, .least = Cause::kEvent};
  if (body["errors"].get(list) == simdjson::SUCCESS && list.size() > 0) {
    errors = ReadErrors(list, ids);
  }
  if (errors.all_named && CountsAgree(body, errors.named.size())) {
    SendResult result = {.verdict = Verdict::kDelivered,
                         .detail = DetailOf(answer, errors.most)};
    for (const auto& [place, error] : errors.named) {
      result.refusals.push_back({.index = static_cast<std::int32_t>(place),
                                 .answer = Shown(answer, error.text),
                                 .verdict = VerdictOf(error.cause)});
    }
    return result;
  }
  // Nobody knows which messages it took. One error about the settings is about
  // all of them; only when none is about an event, there is none to look for.
  const Cause cause =
      errors.most == Cause::kSettings ? Cause::kSettings : errors.least;
  // Not `halves_differ`: the good ones of both halves have passed already.
  return {.verdict = VerdictOf(cause),
          .reason = cause == Cause::kEvent ? "BAD_MESSAGE" : "",
          .detail = DetailOf(answer, cause),
          .answer = Shown(answer, answer.body)};
}

}  // namespace segrid::receivers::segment
