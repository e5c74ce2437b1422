#include "client/cli/event_splitter.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/cli/value_scanner.h"
#include "core/codec/json_mistake.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::size_t kMaxIndent = 4'096;
constexpr std::string_view kMark = "\xEF\xBB\xBF";
constexpr std::string_view kBlank = " \t\r\n";
constexpr std::string_view kBlankInLine = " \t\r";
constexpr std::string_view kBeginsValue = "{[\"-0123456789tfn";
constexpr std::size_t kNone = std::string_view::npos;

// What files begin with that hold no JSON.
struct Signature {
  std::string_view begin;
  const char* what;
};
constexpr std::array<Signature, 9> kSignatures = {{
    {"\xFF\xFE", "this is UTF-16; convert it to UTF-8, as iconv does"},
    {"\xFE\xFF", "this is UTF-16; convert it to UTF-8, as iconv does"},
    {"PK\x03\x04", "this is a zip; unpack it first"},
    {"\x28\xB5\x2F\xFD", "this is packed with zstd; unpack it first"},
    {"BZh", "this is packed with bzip2; unpack it first"},
    {"\xFD"
     "7zXZ",
     "this is packed with xz; unpack it first"},
    {"\x1f\x8b", "a gzip begins here, behind something that is none"},
    {"--",
     "this looks like a multipart form, which is how Inbound Parse "
     "posts; events are JSON"},
    {"<", "this looks like HTML or XML; events are JSON"},
}};

// The longest one of the table above.
constexpr std::size_t kMaxSignature = 5;

// What a file is that begins like this; "" when that is not known.
std::string_view KindOf(std::string_view text) {
  for (const Signature& signature : kSignatures) {
    if (text.starts_with(signature.begin)) return signature.what;
  }
  return "";
}

}  // namespace

std::string PlaceOf(const ArchiveItem& item) {
  return "line " + std::to_string(item.line) + ", byte " +
         std::to_string(item.byte) + " (event " + std::to_string(item.index) +
         ")";
}

// False at the end, and after a failure.
bool EventSplitter::Fill() {
  if (all_read_ || failure_) return false;
  buffer_.erase(0, at_);
  base_ += static_cast<std::int64_t>(at_);
  at_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + kBlockBytes);
  Result<std::size_t> got = read_(buffer_.data() + before, kBlockBytes);
  buffer_.resize(before + (got.ok() ? *got : 0));
  if (!got.ok()) {
    failure_ = std::move(got).error();
  } else {
    all_read_ = *got == 0;
  }
  return buffer_.size() > before;
}

// Whether so many bytes are left.
bool EventSplitter::Ensure(std::size_t bytes) {
  while (Left().size() < bytes) {
    if (!Fill()) return false;
  }
  return true;
}

// Position in what is left of the first byte at or behind `from` that is one of
// `set`, or none of it; kNone when there is none within the longest event.
std::size_t EventSplitter::FindNext(std::string_view set, std::size_t from,
                                    bool of_set) {
  while (true) {
    const std::string_view left = Left();
    const std::size_t found = of_set ? left.find_first_of(set, from)
                                     : left.find_first_not_of(set, from);
    if (found != kNone) return found;
    from = std::max(from, left.size());
    if (from > max_event_bytes_ || !Fill()) return kNone;
  }
}

void EventSplitter::Advance(std::size_t bytes) {
  const auto from = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
  line_ += std::count(from, from + static_cast<std::ptrdiff_t>(bytes), '\n');
  at_ += bytes;
}

// To the first byte of the next item; false at the end.
bool EventSplitter::SkipToItem() {
  while (Ensure(1)) {
    const char c = buffer_[at_];
    if (c == kMark.front() && Ensure(kMark.size()) &&
        Left().starts_with(kMark)) {
      Advance(kMark.size());
      continue;
    }
    const bool begins_body = c == '[' && (!in_array_ || lost_);
    const bool ends_body = c == ']' && in_array_;
    if (begins_body || ends_body) {
      in_array_ = begins_body;
      array_line_ = line_;
      lost_ = false;
    } else if (c != ',' && kBlank.find(c) == kNone) {
      return true;
    }
    Advance(1);
  }
  return false;
}

// The next `bytes` as an item.
ArchiveItem EventSplitter::Item(ArchiveItem::Kind kind, std::size_t bytes) {
  ArchiveItem item;
  item.kind = kind;
  item.text = Left().substr(0, bytes);
  item.line = line_;
  item.byte = base_ + static_cast<std::int64_t>(at_);
  item.index = kind == ArchiveItem::Kind::kMoreOfBad ? index_ - 1 : index_++;
  Advance(bytes);
  return item;
}

Result<std::optional<ArchiveItem>> EventSplitter::Next() {
  std::optional<ArchiveItem> item;
  if (rest_ != Rest::kNone) item = MoreOfBad();
  if (!item) {
    const bool more = SkipToItem();
    if (more) {
      last_is_unfinished_ = false;
      item = ReadItem();
    }
  }
  // Before a failure, only what is an event is known to be whole.
  const bool is_event = item && item->kind == ArchiveItem::Kind::kEvent;
  if (failure_ && !is_event) return *failure_;
  return item;
}

ArchiveItem EventSplitter::ReadItem() {
  Ensure(kMaxSignature);
  std::string why(KindOf(Left()));
  if (why.empty()) {
    if (kBeginsValue.find(buffer_[at_]) != kNone) return ReadValue();
    why = "not JSON: " + codec::WhyNotHere(Left(), "a value is expected here");
  }
  if (!in_array_) {
    rest_may_be_indented_ = false;
    return BadLine(std::move(why));
  }
  // Up to what may end it, within the line.
  const std::size_t end = FindNext(",]\n", 0, /*of_set=*/true);
  if (end == kNone || Left()[end] == '\n' || end == 0) {
    rest_may_be_indented_ = false;
    return BadLine(std::move(why));
  }
  ArchiveItem item = Item(ArchiveItem::Kind::kBad, end);
  item.why = std::move(why);
  return item;
}

ArchiveItem EventSplitter::ReadValue() {
  ValueScanner scanner;
  ValueScanner::Step step = scanner.Scan(Left(), all_read_);
  while (step == ValueScanner::Step::kMore &&
         Left().size() <= max_event_bytes_) {
    const bool more = Fill();
    step = scanner.Scan(Left(), all_read_);
    if (!more) break;
  }
  const std::size_t end = scanner.end();
  rest_may_be_indented_ = true;
  if (end > max_event_bytes_) {
    return BadLine("it is longer than " +
                   std::to_string(max_event_bytes_ >> 20) +
                   " MiB, which no event is");
  }
  if (step == ValueScanner::Step::kWrong) {
    return Recover(scanner.is_unexpected()
                       ? codec::WhyNotHere(Left().substr(end), scanner.wrong())
                       : scanner.wrong(),
                   end);
  }
  if (step == ValueScanner::Step::kMore) {
    last_is_unfinished_ = true;
    return Recover("it is cut off at the end of the file", end);
  }
  const std::size_t next =
      FindNext(in_array_ ? kBlank : " \t\r,", end, /*of_set=*/false);
  constexpr std::string_view kMayFollow = "\n{[\xEF";
  constexpr std::string_view kMayFollowInArray = ",]{\xEF";
  const char c = next == kNone ? '\n' : Left()[next];
  const bool fits = in_array_
                        ? next == kNone || kMayFollowInArray.find(c) != kNone
                        : kMayFollow.find(c) != kNone;
  if (fits) return Item(ArchiveItem::Kind::kEvent, end);
  return Recover("something follows the end of the event", next);
}

// What begins here is bad, as was seen at `wrong_at`.
ArchiveItem EventSplitter::Recover(const std::string& why,
                                   std::size_t wrong_at) {
  const std::string reason =
      "not JSON: " + why + " (byte " +
      std::to_string(base_ + static_cast<std::int64_t>(at_ + wrong_at)) + ")";
  if (in_array_) {
    // A bad element ends where the comma behind its brackets is.
    FindNext("\n", wrong_at, /*of_set=*/true);
    std::string_view here = Left().substr(0, max_event_bytes_);
    here = here.substr(0, here.find('\n', std::min(wrong_at, here.size())));
    if (const std::size_t end = EndOfElement(here); end != kNone) {
      ArchiveItem item = Item(ArchiveItem::Kind::kBad, end);
      item.why = reason;
      last_is_unfinished_ = false;
      return item;
    }
    lost_ = true;
  }
  return BadLine(reason);
}

// The rest of this line is bad, of which this is the first piece.
ArchiveItem EventSplitter::BadLine(std::string why) {
  rest_ = Rest::kLine;
  while (Left().size() < kMinBadPieceBytes && Left().find('\n') == kNone &&
         Fill()) {
  }
  const std::int64_t index = index_++;
  std::optional<ArchiveItem> item = MoreOfBad();
  item->kind = ArchiveItem::Kind::kBad;
  item->index = index;
  item->why = std::move(why);
  return *std::move(item);
}

// Nullopt when nothing more belongs to it.
std::optional<ArchiveItem> EventSplitter::MoreOfBad() {
  if (rest_ == Rest::kPerhapsMoreLines) {
    rest_ =
        rest_may_be_indented_ && NextLineBelongs() ? Rest::kLine : Rest::kNone;
  }
  if (rest_ == Rest::kNone) return std::nullopt;
  if (!Ensure(1)) {
    last_is_unfinished_ = true;  // Its line may get more bytes later.
    rest_ = Rest::kNone;
    return std::nullopt;
  }
  const std::size_t newline = Left().find('\n');
  if (newline != kNone) rest_ = Rest::kPerhapsMoreLines;
  const std::size_t bytes = newline == kNone ? Left().size() : newline + 1;
  return Item(ArchiveItem::Kind::kMoreOfBad, bytes);
}

// Whether the line here goes on with a bad event over several lines.
bool EventSplitter::NextLineBelongs() {
  std::size_t at = 0;
  while (Ensure(at + 1) && at < kMaxIndent &&
         kBlankInLine.find(Left()[at]) != kNone) {
    ++at;
  }
  if (!Ensure(at + 1) || at == kMaxIndent) return false;
  const char c = Left()[at];
  if (c == '\n' || c == '{' || c == '[') return false;
  if (c == ']' && in_array_) {
    return Ensure(at + 2) && Left()[at + 1] == ',';
  }
  return at > 0 || c == '}' || c == ']';
}

}  // namespace segrid::cli
