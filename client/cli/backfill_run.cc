#include "client/cli/backfill_run.h"

#include <unistd.h>

#include <algorithm>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

#include "client/cli/archive_input.h"
#include "client/internal/parts.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kMaxPartBytes = 1 << 20;
constexpr std::size_t kMaxEventBytes = 4 << 20;
// Lines that name what is bad: all further ones are only counted, so that a
// wrong file of any size does not fill the terminal or the log.
constexpr std::int64_t kMaxNamed = 10'000;
// For the answer to what is on its way when somebody presses Ctrl-C.
constexpr std::chrono::seconds kGrace{1};

// True when the server refuses what is in a call, not the call as such: then
// one of its events is to blame.
bool BlamesAnEvent(const Error& error) {
  return error.reason == "INVALID_JSON" || error.reason == "NOT_AN_ARRAY" ||
         internal::IsTooLarge(error);
}

std::string AsArray(std::string_view events) {
  std::string array;
  array.reserve(events.size() + 2);
  return array.append("[").append(events).append("]");
}

// The first piece of a bad line may be cut anywhere behind this.
std::string MarkOf(const ArchiveItem& item) {
  const bool bad = item.kind == ArchiveItem::Kind::kBad;
  return BackfillProgress::MarkOf(bad ? item.text.substr(0, kMinBadPieceBytes)
                                      : item.text);
}

// Ends when `stop` asks for it and the grace is over, or at its own end.
class StopCallLater {
 public:
  StopCallLater(std::stop_token stop, std::stop_source& stop_call)
      : thread_([stop = std::move(stop), &stop_call](std::stop_token own) {
          std::mutex mutex;
          std::condition_variable_any wake;
          bool asked = false;
          const std::stop_callback on_stop(stop, [&] {
            const std::lock_guard hold(mutex);
            asked = true;
            wake.notify_all();
          });
          std::unique_lock lock(mutex);
          if (!wake.wait(lock, own, [&] { return asked; })) return;
          wake.wait_for(lock, own, kGrace, [] { return false; });
          if (!own.stop_requested()) stop_call.request_stop();
        }) {}

 private:
  std::jthread thread_;
};

}  // namespace

Backfill::Backfill(BackfillOptions options, Client client,
                   BackfillProgress progress, RejectedFile rejected,
                   std::stop_token stop, Console& console)
    : options_(std::move(options)),
      client_(std::move(client)),
      progress_(std::move(progress)),
      rejected_(std::move(rejected)),
      stop_(std::move(stop)),
      console_(console) {}

std::optional<Error> Backfill::Send(const std::string& file) {
  file_ = file;
  sums_.emplace_back().file = file;
  before_ = progress_.Find(file);
  if (rejected_.is_kept() && before_.rejected_bytes >= 0) {
    const std::int64_t with_tail =
        before_.rejected_bytes + std::max<std::int64_t>(before_.tail_bytes, 0);
    if (before_.tail_bytes < 0) {
      rejected_.GoOnAt(before_.rejected_bytes);
    } else if (rejected_.file_size() == with_tail) {
      if (auto error = rejected_.CutTo(before_.rejected_bytes)) return error;
    }
  }
  skipping_ = before_.done > 0;
  if (!OpenFile(file)) return std::nullopt;
  auto error = SendItems();
  // Events that were read and not sent are sent by the next run.
  sum().events = sum().done_before + sum().bad + sum().sent;
  return error;
}

// False, having named the file, when it cannot be read.
bool Backfill::OpenFile(const std::string& file) {
  Result<ArchiveInput> opened = ArchiveInput::Open(file);
  if (!opened.ok()) {
    NameFile(opened.error().message);
    return false;
  }
  const auto input = std::make_shared<ArchiveInput>(*std::move(opened));
  splitter_.emplace(
      [input](char* to, std::size_t size) { return input->Read(to, size); },
      kMaxEventBytes);
  now_ = {};
  before_bad_ = {};
  noted_ = 0;
  text_.clear();
  events_.clear();
  return true;
}

std::optional<Error> Backfill::SendItems() {
  while (!stop_.stop_requested()) {
    Result<std::optional<ArchiveItem>> item = splitter_->Next();
    if (!item.ok()) {
      if (auto error = Flush()) return error;
      NameFile(item.error().message);
      return std::nullopt;
    }
    if (!item->has_value()) return End();
    if (auto error = Take(**item)) return error;
  }
  return Stopped();
}

std::optional<Error> Backfill::Take(const ArchiveItem& item) {
  if (item.kind == ArchiveItem::Kind::kMoreOfBad) {
    return skipping_ ? std::nullopt : rejected_.Append(item.text);
  }
  // Now the items before are whole.
  if (skipping_ && item.index < before_.done) return Skip(item);
  if (skipping_) {
    skipping_ = false;
    sum().done_before = noted_ = before_.done;
  }
  const bool full =
      events_.size() >= static_cast<std::size_t>(options_.batch) ||
      (!events_.empty() && text_.size() + item.text.size() > kMaxPartBytes) ||
      now_.done - noted_ >= std::max(options_.batch, 1'000);
  if (full) {
    if (auto error = Flush()) return error;
    if (stop_.stop_requested()) return Stopped();
  }
  sum().events = item.index + 1;
  return item.kind == ArchiveItem::Kind::kEvent ? AddEvent(item) : AddBad(item);
}

// An item that an earlier run has done.
std::optional<Error> Backfill::Skip(const ArchiveItem& item) {
  sum().events = item.index + 1;
  now_ = {.done = item.index + 1, .mark = ""};
  if (now_.done < before_.done) return std::nullopt;
  now_.mark = MarkOf(item);
  return now_.mark == before_.mark ? std::nullopt : BeginAnew();
}

// The file is another one than the one that was sent under its name.
std::optional<Error> Backfill::BeginAnew() {
  skipping_ = false;
  before_ = {};
  sum().events = 0;
  if (file_ == "-") {
    Error error;
    error.code = ErrorCode::kFailedPrecondition;
    error.message =
        "standard input is not what the progress file knows as -; name "
        "another --progress";
    return error;
  }
  console_.err << "segrid: " << Printable(file_)
               << ": is another file than the one that the progress file knows "
                  "by this name, so it is sent from its beginning"
               << std::endl;
  rejected_.GoOnAt(rejected_.file_size());
  if (OpenFile(file_)) return std::nullopt;
  Error error;
  error.code = ErrorCode::kUnavailable;
  error.message = file_ + ": cannot be read from its beginning again";
  return error;
}

std::optional<Error> Backfill::AddEvent(const ArchiveItem& item) {
  if (!events_.empty()) text_ += ',';
  Event& event = events_.emplace_back();
  event.begin = text_.size();
  event.size = item.text.size();
  event.place = item;
  event.place.text = {};
  text_.append(item.text);
  now_ = {.done = item.index + 1, .mark = ""};
  return std::nullopt;
}

std::optional<Error> Backfill::AddBad(const ArchiveItem& item) {
  // It may be the unfinished end of the file, behind which nothing may stand in
  // the file of rejected lines.
  if (!item.text.ends_with('\n')) {
    if (auto error = Flush()) return error;
  }
  before_bad_ = now_;
  if (before_bad_.mark.empty() && !events_.empty()) {
    before_bad_.mark = BackfillProgress::MarkOf(TextOf(events_.back()));
  }
  before_bad_.rejected_bytes = rejected_.size();
  now_ = {.done = item.index + 1, .mark = MarkOf(item)};
  ++sum().bad;
  Name(item, item.why);
  if (auto error = rejected_.Begin()) return error;
  return rejected_.Append(item.text);
}

std::optional<Error> Backfill::End() {
  if (skipping_ && sum().events < before_.done) {
    // It is shorter than what was done of it.
    if (auto error = BeginAnew()) return error;
    return SendItems();
  }
  if (skipping_) {
    sum().done_before = noted_ = before_.done;
  }
  if (splitter_->open_array_line() > 0) {
    console_.err << "segrid: " << Printable(file_)
                 << ": the array that begins at line "
                 << splitter_->open_array_line() << " has no end" << std::endl;
  }
  const bool unfinished = splitter_->last_is_unfinished() && !skipping_;
  const std::int64_t end_of_tail = rejected_.size();
  if (auto error = Flush()) return error;
  if (!progress_.is_kept()) return std::nullopt;
  BackfillPosition last = now_;
  last.rejected_bytes = -1;
  if (unfinished) {
    // The next run looks at it again: it may be whole then.
    last = before_bad_;
    last.tail_bytes = end_of_tail - last.rejected_bytes;
    if (!rejected_.is_kept() || rejected_.size() != end_of_tail) {
      last.rejected_bytes = last.tail_bytes = -1;
    }
  }
  return NoteProgress(last);
}

// Sends the part and notes all that is done.
std::optional<Error> Backfill::Flush() {
  if (!events_.empty()) {
    if (now_.mark.empty()) {
      now_.mark = BackfillProgress::MarkOf(TextOf(events_.back()));
    }
    if (auto error = DropBadEvents()) return error;
    if (!events_.empty()) {
      Pace(events_.size());
      if (stop_.stop_requested()) return Stopped();
      if (auto error = SendRange({0, events_.size()})) return error;
    }
    events_.clear();
    text_.clear();
    ShowProgress();
  }
  if (now_.done == noted_) return std::nullopt;
  BackfillPosition position = now_;
  position.rejected_bytes = rejected_.is_kept() ? rejected_.size() : -1;
  return NoteProgress(position);
}

std::optional<Error> Backfill::NoteProgress(const BackfillPosition& position) {
  if (auto error = rejected_.Sync()) return error;
  noted_ = position.done;
  return progress_.is_kept() ? progress_.Note(file_, position) : std::nullopt;
}

// Takes what is no JSON out of the part: the server would refuse all of it.
std::optional<Error> Backfill::DropBadEvents() {
  if (check_.WhyNoArray(AsArray(text_)).empty()) return std::nullopt;
  std::string good;
  std::vector<Event> kept;
  for (Event& event : events_) {
    const std::string why = check_.WhyNoEvent(TextOf(event), event.place.byte);
    if (!why.empty()) {
      ++sum().bad;
      if (auto error = Reject(event, why)) return error;
      continue;
    }
    if (!kept.empty()) good += ',';
    const std::size_t begin = good.size();
    good.append(TextOf(event));
    event.begin = begin;
    kept.push_back(event);
  }
  text_ = std::move(good);
  events_ = std::move(kept);
  return std::nullopt;
}

std::string_view Backfill::TextOf(const Event& event) const {
  return std::string_view(text_).substr(event.begin, event.size);
}

std::string_view Backfill::TextOf(Range range) const {
  const std::size_t begin = events_[range.first].begin;
  const Event& last = events_[range.end - 1];
  return std::string_view(text_).substr(begin, last.begin + last.size - begin);
}

std::optional<Error> Backfill::SendRange(Range range) {
  const std::string_view text = TextOf(range);
  const std::int64_t index = events_[range.first].place.index;
  ForwardOptions options;
  options.sources = options_.sources;
  options.call.stop = stop_call_.get_token();
  std::string what;
  for (const std::string& source : options_.sources) what += source + ",";
  options.call.idempotency_key =
      progress_.NameOfCall(file_, index, what.append(text));
  Result<v1::ForwardResponse> answer = [&] {
    const StopCallLater later(stop_, stop_call_);
    return client_.Forward(AsArray(text), options);
  }();
  if (answer.ok()) return Count(*answer, range);
  if (!BlamesAnEvent(answer.error())) {
    return Ended(std::move(answer).error());
  }
  // Another version may refuse what this one takes: find out which event.
  if (range.end - range.first == 1) {
    ++sum().bad;
    return Reject(events_[range.first],
                  "the server refuses it: " + answer.error().message);
  }
  const std::size_t middle = range.first + (range.end - range.first) / 2;
  if (auto error = SendRange({range.first, middle})) return error;
  return SendRange({middle, range.end});
}

std::optional<Error> Backfill::Count(const v1::ForwardResponse& answer,
                                     Range range) {
  BackfillSum& sum = this->sum();
  sum.sent += answer.event_count();
  sum.sources = answer.sources_size();
  sum.accepted += answer.accepted_count();
  sum.duplicate += answer.duplicate_count();
  sum.skipped += answer.skipped_count();
  sum.rejected += answer.rejected_count();
  std::set<std::int32_t> named;
  for (const v1::EventIssue& issue : answer.issues()) {
    if (issue.outcome() != v1::OUTCOME_REJECTED) continue;
    if (!named.insert(issue.index()).second) continue;
    const std::size_t at =
        range.first + static_cast<std::size_t>(issue.index());
    if (at >= range.end) continue;
    std::string reason = v1::Reason_Name(issue.reason());
    constexpr std::string_view kPrefix = "REASON_";
    if (reason.starts_with(kPrefix)) reason.erase(0, kPrefix.size());
    if (reason.empty()) reason = std::to_string(issue.reason());
    if (auto error = Reject(events_[at], "rejected: " + reason)) return error;
  }
  return std::nullopt;
}

std::optional<Error> Backfill::Reject(const Event& event,
                                      const std::string& why) {
  Name(event.place, why);
  if (auto error = rejected_.Begin()) return error;
  if (auto error = rejected_.Append(TextOf(event))) return error;
  return rejected_.Append("\n");
}

Error Backfill::Ended(Error error) const {
  error.message = file_ + ", from event " + std::to_string(noted_) + ": " +
                  error.ToString() +
                  (progress_.is_kept()
                       ? "; the same command goes on from there"
                       : "; sent again, what the server has is a duplicate "
                         "within its dedup_window; --progress FILE remembers");
  return error;
}

Error Backfill::Stopped() const {
  Error error;
  error.code = ErrorCode::kCancelled;
  error.reason = "STOPPED";
  error.message = "the command was asked to end";
  return Ended(std::move(error));
}

void Backfill::Name(const ArchiveItem& place, const std::string& why) {
  if (++named_ <= kMaxNamed) {
    console_.err << "segrid: " << Printable(file_) << ": " << PlaceOf(place)
                 << ": " << Printable(why) << "\n";
  } else if (named_ == kMaxNamed + 1) {
    console_.err << "segrid: " << kMaxNamed
                 << " are named; further ones are counted, and --rejected FILE "
                    "has them all\n";
  }
}

void Backfill::NameFile(const std::string& why) {
  ++unread_files_;
  console_.err << "segrid: " << Printable(file_) << ": " << Printable(why)
               << std::endl;
}

// Waits until `count` more events are due, or it shall stop.
void Backfill::Pace(std::size_t count) {
  constexpr double kLongest = 1e9;  // Seconds: more would overflow.
  const std::chrono::duration<double> due(
      std::min(static_cast<double>(paced_) / options_.rate, kLongest));
  std::mutex mutex;
  std::unique_lock lock(mutex);
  std::condition_variable_any nobody_notifies;
  nobody_notifies.wait_until(
      lock, stop_,
      begin_ + std::chrono::duration_cast<std::chrono::nanoseconds>(due),
      [] { return false; });
  paced_ += static_cast<std::int64_t>(count);
}

void Backfill::ShowProgress() const {
  if (isatty(STDERR_FILENO) == 0) return;
  console_.err << "\r" << sums_.size() << " of " << options_.file_count
               << " files, " << paced_ << " events" << std::flush;
}

}  // namespace segrid::cli
