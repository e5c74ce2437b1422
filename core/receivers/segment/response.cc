#include "core/receivers/segment/response.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/base/absl_view.h"

namespace segrid::receivers::segment {
namespace {

// Whether Retry-After counts.
enum class Header { kIgnored, kHonoured };

struct Row {
  int first;  // Statuses from `first` …
  int last;   // … to `last`.
  Verdict verdict;
  Header retry_after;
  std::string_view reason;  // For dead letters.
  std::string_view advice;  // For people.
};

// The first row that fits, counts.
// clang-format off
constexpr std::array kRows = {
    Row{200, 299, Verdict::kDelivered,     Header::kIgnored,  "",            ""},
    Row{300, 399, Verdict::kMisconfigured, Header::kIgnored,  "",            "redirects are not followed; set the endpoint to where it leads"},
    Row{400, 400, Verdict::kSplit,         Header::kIgnored,  "BAD_MESSAGE", "a message is not accepted"},
    Row{401, 401, Verdict::kMisconfigured, Header::kIgnored,  "",            "the write key is refused; check write_key and endpoint, then resume the source"},
    Row{403, 403, Verdict::kMisconfigured, Header::kIgnored,  "",            "the write key is refused; check write_key and endpoint, then resume the source"},
    Row{408, 408, Verdict::kRetry,         Header::kIgnored,  "",            "the receiver is slow"},
    Row{410, 410, Verdict::kRetry,         Header::kIgnored,  "",            "the receiver is not there"},
    Row{413, 413, Verdict::kTooLarge,      Header::kIgnored,  "TOO_LARGE",   "the batch is too large"},
    Row{421, 421, Verdict::kRetry,         Header::kIgnored,  "",            "the connection leads to another server"},
    Row{422, 422, Verdict::kSplit,         Header::kIgnored,  "BAD_MESSAGE", "a message is not accepted"},
    Row{425, 425, Verdict::kRetry,         Header::kIgnored,  "",            "the receiver wants the request later"},
    Row{429, 429, Verdict::kRetry,         Header::kHonoured, "",            "too many requests"},
    Row{460, 460, Verdict::kRetry,         Header::kIgnored,  "",            "the connection broke at the receiver"},
    Row{400, 499, Verdict::kMisconfigured, Header::kIgnored,  "",            "the receiver refuses the request; check the endpoint, then resume the source"},
    Row{501, 501, Verdict::kMisconfigured, Header::kIgnored,  "",            "the receiver does not know such requests; check the endpoint"},
    Row{505, 505, Verdict::kMisconfigured, Header::kIgnored,  "",            "the receiver does not speak HTTP/1.1; check the endpoint"},
    Row{511, 511, Verdict::kMisconfigured, Header::kIgnored,  "",            "the network wants a login; check the endpoint"},
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

// "12" or "12.5", rounded up; nullopt when it is neither. Digits that do not
// fit are more than enough.
std::optional<absl::Duration> ParseSeconds(absl::string_view text) {
  const auto is_digits = [](absl::string_view part) {
    return !part.empty() && std::all_of(part.begin(), part.end(), [](char c) {
      return absl::ascii_isdigit(static_cast<unsigned char>(c));
    });
  };
  const std::size_t point = text.find('.');
  const absl::string_view whole = text.substr(0, point);
  absl::string_view fraction;
  if (point != absl::string_view::npos) fraction = text.substr(point + 1);
  if (!is_digits(whole)) return std::nullopt;
  if (point != absl::string_view::npos && !is_digits(fraction)) {
    return std::nullopt;
  }
  std::int64_t seconds = 0;
  if (!absl::SimpleAtoi(whole, &seconds)) return kMaxRetryAfter;
  const bool more = fraction.find_first_not_of('0') != absl::string_view::npos;
  // Before it is rounded up, because the largest number has no next one.
  if (absl::Seconds(seconds) >= kMaxRetryAfter) return kMaxRetryAfter;
  return absl::Seconds(seconds + (more ? 1 : 0));
}

// A page of a proxy or a portal in place of the receiver's own answer.
bool IsWebPage(const Answer& answer) {
  const absl::string_view type =
      absl::StripLeadingAsciiWhitespace(base::Absl(answer.content_type));
  if (!absl::StartsWithIgnoreCase(type, "text/html")) return false;
  const std::size_t behind = std::string_view("text/html").size();
  if (type.size() > behind && type[behind] != ';' &&
      !absl::ascii_isspace(static_cast<unsigned char>(type[behind]))) {
    return false;
  }
  absl::string_view body = base::Absl(answer.body);
  absl::ConsumePrefix(&body, "\xEF\xBB\xBF");
  body = absl::StripLeadingAsciiWhitespace(body);
  return absl::StartsWithIgnoreCase(body, "<!doctype") ||
         absl::StartsWithIgnoreCase(body, "<html");
}

}  // namespace

SendResult Decide(const Answer& answer, absl::Time now, WebPages pages) {
  const Row& row = RowOf(answer.status);
  SendResult result;
  result.verdict = row.verdict;
  result.reason = row.reason;
  std::string_view advice = row.advice;
  if (row.verdict == Verdict::kDelivered) {
    if (pages == WebPages::kAreTaken || !IsWebPage(answer)) return result;
    result.verdict = Verdict::kMisconfigured;
    advice =
        "a web page answers in place of the receiver; check the endpoint and "
        "the proxies before it";
  }
  result.halves_differ = row.verdict == Verdict::kSplit;
  result.detail =
      absl::StrCat("HTTP ", answer.status, ": ", base::Absl(advice));
  result.answer = absl::StrCat("HTTP ", answer.status, ": ",
                               base::Absl(ShownPart(answer.body)));
  if (row.retry_after == Header::kHonoured && answer.retry_after) {
    if (const auto wait = ParseRetryAfter(*answer.retry_after, now)) {
      result.verdict = Verdict::kWait;
      result.wait = *wait;
    }
  }
  return result;
}

bool MayBeCompression(int status) {
  return status == 400 || status == 415 || status == 422;
}

bool WantsFreshConnection(int status) {
  return status == 408 || status == 410 || status == 421 || status == 425 ||
         status == 460;
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
  const absl::string_view text = absl::StripAsciiWhitespace(base::Absl(value));
  if (text.empty()) return std::nullopt;
  absl::Duration wait;
  if (const auto seconds = ParseSeconds(text)) {
    wait = *seconds;
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
