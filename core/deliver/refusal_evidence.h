// The facts about refusals that decide whether a message is bad, or all of them
// are refused for a reason that is not theirs.

#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/queue/queue.h"

namespace segrid::deliver {

// A message becomes a dead letter only on proof: refused, another one taken,
// refused again. Until then it is a suspect, which waits for the next success.
// A source whose messages are all refused is to be held instead, because a
// receiver that refuses everything says nothing about a message. This belongs
// to a source, not to a batch. A value; not thread-safe.
class RefusalEvidence {
 public:
  // A post to the receiver, numbered in the order of their beginning.
  using Post = std::uint64_t;

  static constexpr std::size_t kMaxSuspects = 1'000;
  // Different single messages, refused in a row: then the source is held.
  static constexpr std::size_t kSinglesThatHold = 8;
  // Refused batches in a row (a batch, its halves, its quarters): then single
  // messages are tried.
  static constexpr int kBatchesBeforeSingles = 7;

  struct Suspect {
    std::string reason{};
    std::string answer{};
    // All posts up to this one had begun when it was refused first. 0: that is
    // forgotten.
    Post refused_at = 0;
    bool waits = false;  // For a success.
  };

  Post BeginPost() { return ++posts_; }

  // `post` delivered a message at least.
  void OnDelivered(Post post);

  // Messages were refused together. `whole`: they are a batch that was not
  // split before.
  void OnBatchRefused(const std::vector<queue::Sequence>& messages, bool whole);

  // Something was refused that says nothing about messages: its size, its
  // compression.
  void OnOtherRefusal() { refusing_ = true; }

  // A message that was refused alone: whether that is proof, and if not,
  // whether the source is to be held when it is so.
  bool IsProven(queue::Sequence message) const;
  bool HoldsWith(queue::Sequence message) const;

  // Notes that `message` was refused alone, without proof. False when there are
  // as many suspects as may be: then it is none.
  bool AddSuspect(queue::Sequence message, std::string reason,
                  std::string answer);

  // The message was delivered, dead-lettered, or is not there any more.
  void Forget(queue::Sequence message);

  // Null when `message` is no suspect.
  const Suspect* Find(queue::Sequence message) const;

  // Takes out a suspect that is to be sent alone once more.
  std::optional<queue::Sequence> NextToCheck();
  bool has_to_check() const { return !to_check_.empty(); }
  // A check of `message` had no result.
  void CheckAgain(queue::Sequence message);

  // Suspects that wait for a success.
  std::size_t waiting() const { return waiting_; }

  // Something was refused since the last success.
  bool refusing() const { return refusing_; }

  // How many single messages are to be tried now; 0 when none.
  std::size_t singles_to_try() const;

  // Nothing is known any more. Suspects are to be sent alone, because the queue
  // keeps them back.
  void Clear();

  // Messages that somebody else had as suspects are to be sent alone.
  void Adopt(const std::vector<queue::Sequence>& messages);
  std::vector<queue::Sequence> Suspects() const;

  // Nothing is known of any message.
  bool empty() const { return suspects_.empty() && pairs_.empty(); }

 private:
  void SetWaits(Suspect& suspect, bool waits);

  Post posts_ = 0;
  Post last_delivered_ = 0;
  bool refusing_ = false;

  // Since the last success.
  int refused_batches_ = 0;
  std::set<queue::Sequence> refused_singles_;
  // Messages of a small refused batch that were not yet refused alone.
  std::set<queue::Sequence> few_left_;

  std::map<queue::Sequence, Suspect> suspects_;
  std::size_t waiting_ = 0;             // Those that wait.
  std::set<queue::Sequence> to_check_;  // Some of those that do not.
  // Refused in a pair, and when.
  std::map<queue::Sequence, Post> pairs_;
};

}  // namespace segrid::deliver
