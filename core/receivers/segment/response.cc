#include "core/receivers/segment/response.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace segrid::receivers::segment {
namespace {

// Whether Retry-After counts.
enum class Header { kIgnored, kHonoured };

struct Row {
  int first;  // Statuses from `first` …
  int last;   // … to `last`.
  Verdict verdict;
  Header retry_after;
  std::string_view reason;  // Of dead letters.
  std::string_view advice;  // For people.
};

// The first row that fits, counts.
// clang-format off
constexpr std::array kRows = {
    Row{200, 299, Verdict::kDelivered,     Header::kIgnored,  "",            ""},
    Row{300, 399, Verdict::kDeadLetter,    Header::kIgnored,  "REDIRECTED",  "redirects are not followed; set the endpoint to where it leads"},
    Row{400, 400, Verdict::kSplit,         Header::kIgnored,  "BAD_MESSAGE", "a message is not accepted"},
    Row{413, 413, Verdict::kSplit,         Header::kIgnored,  "TOO_LARGE",   "the batch is too large"},
    Row{401, 401, Verdict::kMisconfigured, Header::kIgnored,  "",            "the write key is refused; check write_key and endpoint, then resume the source"},
    Row{403, 403, Verdict::kMisconfigured, Header::kIgnored,  "",            "the write key is refused; check write_key and endpoint, then resume the source"},
    Row{408, 408, Verdict::kRetry,         Header::kIgnored,  "",            "the receiver is slow"},
    Row{410, 410, Verdict::kRetry,         Header::kIgnored,  "",            "the receiver is not there"},
    Row{429, 429, Verdict::kRetry,         Header::kHonoured, "",            "too many requests"},
    Row{460, 460, Verdict::kRetry,         Header::kIgnored,  "",            "the connection broke at the receiver"},
    Row{400, 499, Verdict::kDeadLetter,    Header::kIgnored,  "REFUSED",     "the receiver refuses the request; check the endpoint"},
    Row{501, 501, Verdict::kDeadLetter,    Header::kIgnored,  "REFUSED",     "the receiver does not know such requests; check the endpoint"},
    Row{505, 505, Verdict::kDeadLetter,    Header::kIgnored,  "REFUSED",     "the receiver does not speak HTTP/1.1; check the endpoint"},
    Row{511, 511, Verdict::kDeadLetter,    Header::kIgnored,  "REFUSED",     "the network wants a login; check the endpoint"},
    Row{500, 599, Verdict::kRetry,         Header::kHonoured, "",            "the receiver has trouble"},
};
// clang-format on

const Row& RowOf(int status) {
  for (const Row& row : kRows) {
    if (status >= row.first && status <= row.last) return row;
  }
  // The HTTP client gives no status outside 200 to 599.
  return kRows.back();
}

absl::string_view Absl(std::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace

SendResult Decide(const Answer& answer, absl::Time now) {
  const Row& row = RowOf(answer.status);
  SendResult result;
  result.verdict = row.verdict;
  result.reason = row.reason;
  // A batch that is too large says nothing of its halves.
  result.halves_differ = answer.status == 400;
  if (row.verdict == Verdict::kDelivered) return result;
  result.detail = absl::StrCat("HTTP ", answer.status, ": ", Absl(row.advice));
  result.answer =
      absl::StrCat("HTTP ", answer.status, ": ", Absl(ShownPart(answer.body)));
  if (row.retry_after == Header::kHonoured && answer.retry_after) {
    if (const auto wait = ParseRetryAfter(*answer.retry_after, now)) {
      result.verdict = Verdict::kWait;
      result.wait = *wait;
    }
  }
  return result;
}

std::string_view ShownPart(std::string_view body) {
  if (body.size() <= kMaxShownBytes) return body;
  const auto continues = [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
  };
  // No character of UTF-8 has more than three bytes behind its first.
  std::size_t end = kMaxShownBytes;
  while (end > kMaxShownBytes - 4 && continues(body[end])) --end;
  return body.substr(0, continues(body[end]) ? kMaxShownBytes : end);
}

SendResult DecideFailure(const absl::Status& failure) {
  return {.verdict = Verdict::kRetry,
          .detail = std::string(failure.message()),
          .answer = std::string(failure.message())};
}

std::optional<absl::Duration> ParseRetryAfter(std::string_view value,
                                              absl::Time now) {
  const absl::string_view text = absl::StripAsciiWhitespace(Absl(value));
  if (text.empty()) return std::nullopt;
  absl::Duration wait;
  if (std::all_of(text.begin(), text.end(), [](char c) {
        return absl::ascii_isdigit(static_cast<unsigned char>(c));
      })) {
    std::int64_t seconds = 0;
    // Digits that do not fit are more than enough.
    wait = absl::SimpleAtoi(text, &seconds) ? absl::Seconds(seconds)
                                            : kMaxRetryAfter;
  } else {
    // RFC 9110, section 5.6.7: the preferred form and the two obsolete ones.
    absl::Time time;
    if (!absl::ParseTime("%a, %d %b %E4Y %H:%M:%S GMT", text, &time, nullptr) &&
        !absl::ParseTime("%A, %d-%b-%y %H:%M:%S GMT", text, &time, nullptr) &&
        !absl::ParseTime("%a %b %e %H:%M:%S %E4Y", text, &time, nullptr)) {
      return std::nullopt;
    }
    wait = time - now;
  }
  if (wait <= absl::ZeroDuration()) return std::nullopt;
  return std::min(wait, kMaxRetryAfter);
}

}  // namespace segrid::receivers::segment
