// Files of events on their way to a server, slowly.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/backfill_progress.h"
#include "client/cli/console.h"
#include "client/cli/event_check.h"
#include "client/cli/event_splitter.h"
#include "client/cli/rejected_file.h"
#include "client/client.h"

namespace segrid::cli {

// What a backfill sends, and how fast. A plain value.
struct BackfillOptions {
  std::vector<std::string> sources{};
  double rate = 1'000;       // Events per second at most.
  std::int32_t batch = 500;  // Events per call at most.
  std::size_t file_count = 1;
};

// What became of a file's events. Always `events = done_before + bad + sent`,
// and `sent` times `sources` is the sum of the four behind it.
struct BackfillSum {
  std::string file{};
  std::int64_t events = 0;       // As far as it was read, bad ones included.
  std::int64_t done_before = 0;  // By earlier runs, bad ones included.
  std::int64_t bad = 0;          // That are no JSON.
  std::int64_t sent = 0;         // And answered.
  std::int64_t sources = 0;      // That got each; 0 before the first answer.
  std::int64_t accepted = 0;
  std::int64_t duplicate = 0;
  std::int64_t skipped = 0;
  std::int64_t rejected = 0;
};

// Sends files one after the other, no faster than the rate, in calls of which
// each is noted when it is answered, with all before it.
//
// A bad line is named on the console, written to the file of rejected lines,
// and left out. So is, by its reason, an event that the server rejects.
// Thread safety: none. Blocking: for files, the server and the rate.
class Backfill {
 public:
  Backfill(BackfillOptions options, Client client, BackfillProgress progress,
           RejectedFile rejected, std::stop_token stop, Console& console);

  // Sends what is not done of `file`. Errors that end the backfill: those of
  // the server, of the progress file and of the rejected file, and CANCELLED
  // after a stop. A file that cannot be read to its end is named and counts in
  // unread_files(); the next one can be sent.
  std::optional<Error> Send(const std::string& file);

  // Of the files so far, in their order.
  const std::vector<BackfillSum>& sums() const { return sums_; }
  std::int64_t unread_files() const { return unread_files_; }

 private:
  // An event of the part that is being collected.
  struct Event {
    std::size_t begin = 0;  // In `text_`.
    std::size_t size = 0;
    ArchiveItem place{};  // Without the text.
  };
  // Events that follow each other in the part.
  struct Range {
    std::size_t first = 0;
    std::size_t end = 0;
  };

  bool OpenFile(const std::string& file);
  std::optional<Error> SendItems();
  std::optional<Error> Take(const ArchiveItem& item);
  std::optional<Error> Skip(const ArchiveItem& item);
  std::optional<Error> BeginAnew();
  std::optional<Error> AddEvent(const ArchiveItem& item);
  std::optional<Error> AddBad(const ArchiveItem& item);
  std::optional<Error> End();
  std::optional<Error> Flush();
  std::optional<Error> NoteProgress(const BackfillPosition& position);
  std::optional<Error> DropBadEvents();
  std::optional<Error> SendRange(Range range);
  std::optional<Error> Count(const v1::ForwardResponse& answer, Range range);
  std::optional<Error> Reject(const Event& event, const std::string& why);
  std::string_view TextOf(const Event& event) const;
  std::string_view TextOf(Range range) const;
  Error Ended(Error error) const;
  Error Stopped() const;
  void Name(const ArchiveItem& place, const std::string& why);
  void NameFile(const std::string& why);
  void Pace(std::size_t count);
  void ShowProgress() const;
  BackfillSum& sum() { return sums_.back(); }

  const BackfillOptions options_;
  const Client client_;
  BackfillProgress progress_;
  RejectedFile rejected_;
  const std::stop_token stop_;
  std::stop_source stop_call_;  // Ends a call some time after `stop_`.
  Console& console_;
  const std::chrono::steady_clock::time_point begin_ =
      std::chrono::steady_clock::now();
  std::int64_t paced_ = 0;
  std::int64_t named_ = 0;
  std::int64_t unread_files_ = 0;
  std::vector<BackfillSum> sums_;
  EventCheck check_;

  // Of the file that is being sent.
  std::string file_;
  std::optional<EventSplitter> splitter_;
  BackfillPosition before_;  // Of earlier runs.
  bool skipping_ = false;
  // Behind the last whole item, and before it when it is a bad one.
  BackfillPosition now_;
  BackfillPosition before_bad_;
  std::int64_t noted_ = 0;
  std::string text_;  // The part: events with commas between.
  std::vector<Event> events_;
};

}  // namespace segrid::cli
