#include "core/codec/json_mistake.h"

#include <algorithm>
#include <bitset>
#include <string>
#include <utility>

#include "core/base/error_info.h"
#include "core/codec/json_cursor.h"
#include "core/codec/json_index.h"
#include "core/codec/json_text.h"
#include "core/codec/utf8_repair.h"

namespace segrid::codec {
namespace {

constexpr std::size_t kNoElement = static_cast<std::size_t>(-1);

constexpr bool IsWhite(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
constexpr bool IsFormCharacter(char c) {
  const auto lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("%_.+*-[]").find(c) != std::string_view::npos;
}

bool IsMultipart(std::string_view body) {
  constexpr std::size_t kHeadBytes = 1024;
  std::string head(body.substr(0, kHeadBytes));
  std::transform(head.begin(), head.end(), head.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
  });
  return head.starts_with("--") &&
         head.find("content-disposition: form-data") != std::string::npos;
}

// `name=value`, as forms are posted.
bool IsForm(std::string_view body) {
  constexpr std::size_t kNameBytes = 256;
  const std::string_view head = body.substr(0, kNameBytes);
  const auto name_end = std::find_if_not(
      head.begin(), head.end(), [](char c) { return IsFormCharacter(c); });
  return !head.starts_with('[') && name_end != head.begin() &&
         name_end != head.end() && *name_end == '=';
}

bool IsUtf16(std::string_view body) {
  return body.starts_with("\xFF\xFE") || body.starts_with("\xFE\xFF") ||
         body.substr(0, 2).find('\0') != std::string_view::npos;
}

// Something that is sent instead of JSON, known by its first bytes.
struct Impostor {
  bool (*is)(std::string_view body);
  const char* what;
};
constexpr Impostor kImpostors[] = {
    {&IsUtf16, "it is UTF-16 or UTF-32; send it as UTF-8"},
    {[](std::string_view body) { return body.starts_with("\x1F\x8B"); },
     "it is compressed with gzip; name that in Content-Encoding, or unpack it"},
    {&IsMultipart,
     "it is a multipart form, as SendGrid's Inbound Parse posts mail; the "
     "Event Webhook posts JSON"},
    {&IsForm, "it is a form post; the Event Webhook posts JSON"},
    {[](std::string_view body) { return body.starts_with("<"); },
     "it is HTML or XML"},
};

// The same for what begins with a byte beyond ASCII.
std::string WhyNotForeign(std::string_view rest) {
  if (!ReadUtf8(rest).valid) {
    return "a byte that is not UTF-8 is outside a string; is it Latin-1?";
  }
  if (rest.starts_with(kByteOrderMark)) {
    return "a byte order mark is inside the body";
  }
  if (rest.starts_with("\xC2\xA0")) {
    return "a no-break space is outside a string";
  }
  if (rest.starts_with("\xE2\x80\x9C") || rest.starts_with("\xE2\x80\x9D")) {
    return "a typographic quote instead of a straight one";
  }
  return "a character beyond ASCII is outside a string";
}

// Values that other languages and databases write.
constexpr std::string_view kForeignWords[] = {
    "NaN",  "nan",  "Infinity", "-Infinity", "inf",  "undefined",
    "True", "TRUE", "False",    "FALSE",     "None", "Null",
    "NULL", "nil",  "ObjectId", "ISODate"};

bool BeginsWithWord(std::string_view text, std::string_view word) {
  if (!text.starts_with(word)) return false;
  const char next = text.size() > word.size() ? text[word.size()] : '\0';
  const auto lower = static_cast<char>(next | 0x20);
  return next != '_' && (next < '0' || next > '9') &&
         (lower < 'a' || lower > 'z');
}

// One printable character of ASCII, without saying what it belongs to.
std::string NameOf(char c) {
  const auto lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'z') return "a letter";
  if (c >= '0' && c <= '9') return "a digit";
  return c == '"' ? "a double quote" : std::string("'") + c + "'";
}

// Reads a body as RFC 8259 says and stops at the first mistake.
class MistakeFinder {
 public:
  explicit MistakeFinder(std::string_view body) : body_(body) {
    at_ = body.size() - WithoutByteOrderMark(body).size();
  }

  absl::Status Explain() {
    if (body_.size() > JsonIndex::kMaxBytes) {
      return Refusal("INVALID_JSON", "the body is over 4 GiB; split it");
    }
    SkipWhite();
    if (AtEnd()) return NotJson("it is empty");
    first_ = at_;
    if (!ReadValue()) return Mistake();
    element_ = kNoElement;
    SkipWhite();
    return AtEnd() ? NotAnArray() : SecondValue();
  }

 private:
  bool AtEnd() const { return at_ >= body_.size(); }
  char Peek() const { return AtEnd() ? '\0' : body_[at_]; }
  void SkipWhite() {
    while (!AtEnd() && IsWhite(body_[at_])) ++at_;
  }

  static absl::Status Refusal(const char* reason, std::string_view message) {
    return base::MakeError(absl::StatusCode::kInvalidArgument, reason, message);
  }
  static absl::Status NotJson(std::string_view what) {
    return Refusal("INVALID_JSON",
                   "the body is not JSON: " + std::string(what));
  }

  // Notes what is wrong at at_; false.
  bool Fail(std::string what) {
    what_ = std::move(what);
    return false;
  }
  // The same where something else was expected than what is there.
  bool FailHere(std::string_view expected) {
    return Fail(WhyNotHere(body_.substr(at_), expected));
  }

  bool ReadValue();
  bool Open();
  bool Close(bool& more);
  bool ReadKey();
  bool ReadString();
  bool ReadEscape();
  bool ReadScalar();

  absl::Status Mistake() const;
  absl::Status NotAnArray() const;
  absl::Status SecondValue();

  std::string_view body_;
  std::size_t at_ = 0;
  std::size_t first_ = 0;  // Where the first value begins.
  std::string what_;
  std::bitset<JsonCursor::kMaxDepth> is_object_;
  std::size_t depth_ = 0;
  std::size_t element_ = kNoElement;
};

bool MistakeFinder::ReadValue() {
  do {
    SkipWhite();
    const char first = Peek();
    if (first == '{' || first == '[') {
      const std::size_t before = depth_;
      if (!Open()) return false;
      if (depth_ > before) continue;  // It is not empty.
    } else if (!(first == '"' ? ReadString() : ReadScalar())) {
      return false;
    }
    // A value has ended: go on to the next one, closing what ends before it.
    for (bool more = false; depth_ > 0 && !more;) {
      if (!Close(more)) return false;
    }
  } while (depth_ > 0);
  return true;
}

// Opens what begins here; leaves it at once when it is empty.
bool MistakeFinder::Open() {
  if (depth_ == JsonCursor::kMaxDepth) {
    return Fail("it is nested over 1,024 levels deep");
  }
  const bool object = Peek() == '{';
  ++at_;
  SkipWhite();
  if (Peek() == (object ? '}' : ']')) {
    ++at_;
    return true;
  }
  is_object_[depth_++] = object;
  if (depth_ == 1 && !object) element_ = 0;
  return !object || ReadKey();
}

// Reads what follows a value: a comma (`more`), or the bracket that closes.
bool MistakeFinder::Close(bool& more) {
  const bool object = is_object_[depth_ - 1];
  SkipWhite();
  const char next = Peek();
  if (next != ',' && next != (object ? '}' : ']')) {
    return FailHere(object ? "a comma or } is expected here"
                           : "a comma or ] is expected here");
  }
  more = next == ',';
  if (!more) {
    ++at_;
    --depth_;
    return true;
  }
  const std::size_t comma = at_++;
  SkipWhite();
  if (Peek() == (object ? '}' : ']')) {
    at_ = comma;
    return Fail("there is a comma after the last value");
  }
  if (depth_ == 1 && !object) ++element_;
  return !object || ReadKey();
}

bool MistakeFinder::ReadKey() {
  SkipWhite();
  if (Peek() != '"') return FailHere("a key in double quotes is expected here");
  if (!ReadString()) return false;
  SkipWhite();
  if (Peek() != ':') return FailHere("a colon must follow the key");
  ++at_;
  return true;
}

bool MistakeFinder::ReadString() {
  const std::size_t start = at_;
  for (++at_; !AtEnd() && body_[at_] != '"';) {
    if (static_cast<unsigned char>(body_[at_]) < 0x20) {
      return Fail("a string contains a control character that is not escaped");
    }
    if (body_[at_] != '\\') {
      ++at_;
    } else if (!ReadEscape()) {
      return false;
    }
  }
  if (AtEnd()) {
    at_ = start;
    return Fail("a string is not closed; is the body cut off?");
  }
  ++at_;
  return true;
}

bool MistakeFinder::ReadEscape() {
  const char letter = at_ + 1 < body_.size() ? body_[at_ + 1] : '\0';
  constexpr std::size_t kLongEscape = 6;  // \u and four digits.
  const std::string_view escape =
      body_.substr(at_, letter == 'u' ? kLongEscape : 2);
  if (at_ + 1 < body_.size() && static_cast<unsigned char>(letter) < 0x20) {
    ++at_;
    return Fail("a string contains a control character that is not escaped");
  }
  if (!EscapesAreLegal(escape)) {
    // Cut off in the middle of an escape: the string has no end.
    const std::string whole = std::string(escape) + "0000";
    if (at_ + escape.size() == body_.size() &&
        (escape.size() == 1 || EscapesAreLegal(whole.substr(0, kLongEscape)))) {
      at_ = body_.size();
      return true;
    }
    return Fail("an escape is not legal");
  }
  at_ += escape.size();
  return true;
}

bool MistakeFinder::ReadScalar() {
  const std::size_t start = at_;
  while (!AtEnd() && !IsWhite(Peek()) &&
         std::string_view("{}[]:,\"").find(Peek()) == std::string_view::npos) {
    ++at_;
  }
  const std::string_view token = body_.substr(start, at_ - start);
  if (token == "true" || token == "false" || token == "null" ||
      IsJsonNumber(token)) {
    return true;
  }
  const bool is_number =
      !token.empty() &&
      std::string_view("-0123456789").find(token[0]) != std::string_view::npos;
  const bool is_cut = AtEnd() && start != first_;
  at_ = is_cut ? body_.size() : start;
  const bool is_word = is_number && token.starts_with("-I");
  return is_number && !is_cut && !is_word
             ? Fail("a number is not well formed")
             : FailHere("a value is expected here");
}

absl::Status MistakeFinder::Mistake() const {
  if (at_ <= first_ + 1) {
    for (const Impostor& impostor : kImpostors) {
      if (impostor.is(body_.substr(first_))) return NotJson(impostor.what);
    }
  }
  std::string what = what_;
  what += at_ >= body_.size()
              ? " after " + std::to_string(body_.size()) + " bytes"
              : " (byte " + std::to_string(at_) + ")";
  if (element_ != kNoElement) {
    what += ", in element " + std::to_string(element_);
  }
  return NotJson(what);
}

absl::Status MistakeFinder::NotAnArray() const {
  switch (body_[first_]) {
    case '{':
      return Refusal("NOT_AN_ARRAY",
                     "the body is one object, not an array: send an event as "
                     "[{...}]; a lone event is what `segrid backfill` takes");
    case '"':
      return Refusal("NOT_AN_ARRAY",
                     "the body is a JSON string, not an array: was it encoded "
                     "twice? Send the events as [{...},...]");
    case '[':  // JsonReader takes it.
      return NotJson("its reader refuses it");
    default:
      return Refusal(
          "NOT_AN_ARRAY",
          "the body is JSON but not an array: send the events as [{...},...]");
  }
}

absl::Status MistakeFinder::SecondValue() {
  const std::string place = " (byte " + std::to_string(at_) + ")";
  const char first = body_[first_];
  if (first == '{' && Peek() == '{') {
    return NotJson(
        "it is several events one after the other, the second at "
        "byte " +
        std::to_string(at_) +
        ": send them as [{...},{...}]; events line by line are what "
        "`segrid backfill` takes");
  }
  if (first == '[' && Peek() == '[') {
    return NotJson(
        "it is several arrays one after the other, the second at "
        "byte " +
        std::to_string(at_) +
        ": send each by itself; several are what `segrid backfill` "
        "takes");
  }
  if (first == '{' && Peek() == ',') {
    return NotJson(
        "it is events with commas between them, but without [ and ]" + place +
        ": send them as [{...},{...}]");
  }
  if (!AtEnd() && static_cast<unsigned char>(Peek()) >= 0x80) {
    return NotJson(WhyNotForeign(body_.substr(at_)) + place);
  }
  return NotJson((first == '[' ? "something follows the end of the array"
                               : "something follows the end of the value") +
                 place);
}

}  // namespace

std::string WhyNotHere(std::string_view rest, std::string_view expected) {
  if (rest.empty()) return "it is cut off";
  const auto byte = static_cast<unsigned char>(rest[0]);
  if (byte >= 0x80) return WhyNotForeign(rest);
  if (byte == 0) return "a NUL byte is outside a string; is it UTF-16?";
  if (byte < 0x20) {
    constexpr char kHex[] = "0123456789abcdef";
    return std::string("the control character 0x") + kHex[byte >> 4] +
           kHex[byte & 15] + " is outside a string";
  }
  if (byte == '\'') return "a single quote instead of a double one";
  if (byte == '/' || byte == '#') return "JSON has no comments";
  for (const std::string_view word : kForeignWords) {
    if (BeginsWithWord(rest, word)) return "JSON has no " + std::string(word);
  }
  return std::string(expected) + ", not " + NameOf(rest[0]);
}

absl::Status ExplainRefusal(std::string_view body) {
  return MistakeFinder(body).Explain();
}

}  // namespace segrid::codec
