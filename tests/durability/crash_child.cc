// A process that works on a durable queue and says what it did, until it is
// killed: appends, takes, delivers, defers, gives up, replays.
//
//   segrid-crash-child DIR RUN [STEP COUNT]
//
// Standard output, one line for each thing that was answered OK:
//   O            the store is open
//   A <id>...    these were accepted (or were duplicates: accepted before)
//   D <id>...    the receiver got these; the queue is told only afterwards
//   L ...        the ledger at the start does not balance
// SEGRID_NO_SYNC in the environment: it says OK before it is synced.
// With STEP it kills itself at the COUNT-th time that it passes that step.

#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/base/clock.h"
#include "core/queue/rocksdb/rocks_queue.h"
#include "tests/durability/fault_disk.h"
#include "tests/testing/queue_calls.h"

namespace segrid::tests {
namespace {

using testing::QueueCalls;

// Kills the process at the chosen step.
class Trap {
 public:
  Trap(std::string step, int count) : step_(std::move(step)), left_(count) {}

  void Pass(std::string_view step) {
    if (step == step_ && --left_ == 0) ::raise(SIGKILL);
  }
  // Steps of the disk. "half" writes half of an append first.
  rocksdb::IOStatus PassDisk(const FaultDisk::Event& event,
                             std::size_t* partial) {
    const bool log = event.file.ends_with(".log");
    if (log && event.op == FaultDisk::Op::kAppend) {
      Pass("log-append");
      if (step_ == "log-half" && partial != nullptr && --left_ == 0) {
        *partial = event.bytes / 2;
        return rocksdb::IOStatus::IOError("half");
      }
    }
    if (event.op == FaultDisk::Op::kHalfAppended) ::raise(SIGKILL);
    if (log && event.op == FaultDisk::Op::kSync) Pass("log-sync");
    if (!log && event.op == FaultDisk::Op::kAppend) Pass("file-append");
    if (!log && event.op == FaultDisk::Op::kSync) Pass("file-sync");
    if (event.op == FaultDisk::Op::kCreate) Pass("create");
    if (event.op == FaultDisk::Op::kRename) Pass("rename");
    return rocksdb::IOStatus::OK();
  }

 private:
  const std::string step_;
  std::atomic<int> left_;
};

// One line in one write: whole, or not there.
void Say(const std::string& line) {
  const std::string text = line + "\n";
  if (::write(STDOUT_FILENO, text.data(), text.size()) < 0) std::exit(3);
}

std::string Joined(const std::string& word,
                   const std::vector<std::string>& ids) {
  std::string line = word;
  for (const std::string& id : ids) absl::StrAppend(&line, " ", id);
  return line;
}

void AppendForever(queue::Queue& queue, const std::string& prefix,
                   std::uint32_t seed) {
  QueueCalls calls(queue);
  std::mt19937 random(seed);
  const std::string more =
      absl::StrCat(",\"p\":\"", std::string(300, 'x'), "\"");
  std::vector<std::string> before;
  for (int n = 0;; ++n) {
    std::vector<std::string> ids;
    // Now and then a chunk that its caller packs.
    const std::size_t count = random() % 8 == 0 ? 60 : 1 + random() % 8;
    for (std::size_t i = count; i > 0; --i) {
      ids.push_back(absl::StrCat(prefix, n, "-", i));
    }
    // Some come twice, as SendGrid does it.
    if (!before.empty() && random() % 4 == 0) ids.push_back(before.front());
    const auto result = calls.Append({testing::ChunkOf("prod", ids, more)});
    if (!result.ok()) std::exit(4);
    Say(Joined("A", ids));
    before = ids;
  }
}

void DeliverForever(queue::Queue& queue, Trap& trap, std::uint32_t seed) {
  QueueCalls calls(queue);
  std::mt19937 random(seed);
  while (true) {
    const queue::Lease lease =
        calls.Take("prod", static_cast<std::int32_t>(1 + random() % 20));
    if (lease.messages.empty()) {
      std::this_thread::yield();
      continue;
    }
    trap.Pass("taken-lease");
    const queue::Settlement all = testing::AllOf("prod", lease);
    switch (random() % 8) {
      case 0:
        if (!calls.Defer(all, {.not_before = absl::InfinitePast()}).ok()) {
          std::exit(5);
        }
        continue;
      case 1:
        if (!calls.DeadLetter(all, {"REFUSED", "HTTP 404"}).ok()) std::exit(6);
        trap.Pass("dead");
        if (!queue.ReplayDeadLetters({.lane = "prod"}).ok()) std::exit(7);
        trap.Pass("replayed");
        continue;
      default:
        break;
    }
    Say(Joined("D", testing::IdsOf(lease)));
    trap.Pass("delivered");
    if (!calls.Ack(all).ok()) std::exit(8);
    trap.Pass("acked");
  }
}

int Run(int argc, char** argv) {
  const std::string run = argv[2];
  Trap trap(argc > 4 ? argv[3] : "", argc > 4 ? std::atoi(argv[4]) : 0);
  FaultDisk disk([&trap](const FaultDisk::Event& event, std::size_t* partial) {
    return trap.PassDisk(event, partial);
  });
  base::SystemClock clock;
  queue::rocksdb::RocksOptions options;
  options.directory = argv[1];
  options.reserve_bytes = 0;
  options.min_ahead_bytes = 1;
  options.env = disk.env();
  options.sync = std::getenv("SEGRID_NO_SYNC") == nullptr;
  options.on_step = [&trap](std::string_view step) { trap.Pass(step); };
  auto queue = queue::rocksdb::RocksQueue::Open(options, clock);
  if (!queue.ok()) {
    std::cerr << queue.status() << std::endl;
    return 2;
  }
  const queue::LaneStats s = *(*queue)->GetLaneStats("prod");
  if (s.accepted != s.delivered + s.pending + s.dead + s.expired + s.purged)
    Say("L");
  Say("O");
  const auto seed = static_cast<std::uint32_t>(std::atoi(argv[2]));
  std::vector<std::thread> threads;
  for (std::uint32_t t = 0; t < 3; ++t) {
    threads.emplace_back([&, t] {
      AppendForever(**queue, absl::StrCat(run, "-", t, "-"), seed * 3 + t);
    });
  }
  DeliverForever(**queue, trap, seed);
  return 0;
}

}  // namespace
}  // namespace segrid::tests

int main(int argc, char** argv) {
  if (argc != 3 && argc != 5) return 1;
  return segrid::tests::Run(argc, argv);
}
