// Messages that will not be delivered, and how operators find them.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/queue/message.h"

namespace segrid::queue {

// Reasons for giving a message up. Stable: operators filter by them. Stores may
// hold REDIRECTED and REFUSED too, which earlier versions gave.
inline constexpr std::string_view kReasonBadMessage = "BAD_MESSAGE";
inline constexpr std::string_view kReasonTooLarge = "TOO_LARGE";
inline constexpr std::string_view kReasonExpired = "EXPIRED";

// Bytes of `DeadLetter::answer`; the rest is cut off.
inline constexpr std::size_t kMaxAnswerBytes = 600;

// In the place of an answer that Erase removed from a letter that stays.
inline constexpr std::string_view kErasedAnswer = "(erased)";

// A message that will not be delivered unless it is replayed. `answer` and
// `track` may hold personal data: never in logs or metrics.
struct DeadLetter {
  std::uint64_t id = 0;  // Unique within the lane, increasing, never reused.
  std::string lane{};
  Sequence sequence = 0;  // That it had in the lane.
  std::string message_id{};
  std::string reason{};
  std::string
      answer{};  // The receiver's last: status, first 512 bytes of body.
  absl::Time accepted_time{};
  absl::Time dead_time{};
  std::int32_t attempts = 0;
  Bytes track{};  // Its JSON. Empty unless asked for.
};

// Selects dead letters; all conditions must hold.
struct DeadLetterFilter {
  std::string lane{};                         // Required.
  std::string reason{};                       // Empty: any.
  std::vector<std::uint64_t> ids{};           // Empty: any.
  absl::Time since = absl::InfinitePast();    // Dead at or after.
  absl::Time until = absl::InfiniteFuture();  // Dead before.
};

// One page of a list.
struct DeadLetterQuery {
  DeadLetterFilter filter{};
  std::int32_t page_size = 100;  // 1 to 1,000.
  std::string page_token{};      // From the page before. Empty: the first.
  bool with_track = false;
};

struct DeadLetterPage {
  std::vector<DeadLetter> dead_letters{};  // Newest first.
  std::string next_page_token{};           // Empty on the last page.
};

}  // namespace segrid::queue
