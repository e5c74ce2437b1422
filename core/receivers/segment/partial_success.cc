#include "core/receivers/segment/partial_success.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "simdjson.h"

namespace segrid::receivers::segment {
namespace {

using Index = std::unordered_map<std::string_view, std::size_t>;

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

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

// The refusals that `errors` name, by place; nullopt when one names none.
std::optional<std::map<std::size_t, std::string>> Named(
    const simdjson::dom::array& errors,
    const std::vector<std::string_view>& ids) {
  Index index;
  for (std::size_t i = 0; i < ids.size(); ++i) index.emplace(ids[i], i);
  std::map<std::size_t, std::string> named;
  for (const simdjson::dom::element error : errors) {
    std::string text = TextOf(error);
    const auto place = FindNamed(text, index);
    if (!place) return std::nullopt;
    named.emplace(*place, std::move(text));
  }
  if (named.empty()) return std::nullopt;
  return named;
}

// Whether the answer's own numbers agree that all refused ones are named.
bool CountsAgree(const simdjson::dom::object& body, std::size_t named) {
  std::int64_t received = 0;
  std::int64_t taken = 0;
  if (body["receivedEvents"].get(received) != simdjson::SUCCESS ||
      body["okEvents"].get(taken) != simdjson::SUCCESS) {
    return true;
  }
  return received - taken == static_cast<std::int64_t>(named);
}

std::string Shown(const Answer& answer, std::string_view text) {
  return absl::StrCat("HTTP ", answer.status, ": ", Absl(ShownPart(text)));
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

  simdjson::dom::array errors;
  if (body["errors"].get(errors) == simdjson::SUCCESS) {
    const auto named = Named(errors, ids);
    if (named && CountsAgree(body, named->size())) {
      SendResult result = {.verdict = Verdict::kDelivered};
      for (const auto& [place, text] : *named) {
        result.refusals.push_back({.index = static_cast<std::int32_t>(place),
                                   .answer = Shown(answer, text)});
      }
      return result;
    }
  }
  // Not `halves_differ`: the good ones of both halves have passed already.
  return {.verdict = Verdict::kSplit,
          .reason = "BAD_MESSAGE",
          .detail = absl::StrCat("HTTP ", answer.status,
                                 ": messages are not accepted"),
          .answer = Shown(answer, answer.body)};
}

}  // namespace segrid::receivers::segment
