// Runs segrid-crash-child until it is killed, and keeps its books.

#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/queue/queue.h"

namespace segrid::tests {

// What all children on one directory said.
class CrashBooks {
 public:
  // Starts a child and kills it when it has said `lines` lines, or lets it kill
  // itself at `step`. False: it did not end by a kill, or did not open the
  // store; see error().
  bool RunChild(const std::string& directory, int run, int lines);
  bool RunChildTo(const std::string& directory, int run,
                  const std::string& step, int count);
  // False: children break the promise, and say OK before it is synced.
  void set_sync(bool sync) { sync_ = sync; }
  const std::string& error() const { return error_; }

  // Takes all that is left out of `queue` and says what is wrong: accepted and
  // never delivered, delivered and never appended, not a duplicate any more, a
  // ledger that does not balance. "": nothing.
  std::string Check(queue::Queue& queue);

  std::size_t accepted() const { return accepted_.size(); }
  std::int64_t delivered_twice() const { return delivered_twice_; }

 private:
  bool Run(std::vector<std::string> arguments, int lines);
  void Note(const std::string& line);
  void Deliver(const std::string& id);

  std::set<std::string> accepted_;
  std::set<std::string> delivered_;
  std::int64_t delivered_twice_ = 0;
  bool opened_ = false;
  bool sync_ = true;
  std::string error_;
};

}  // namespace segrid::tests
