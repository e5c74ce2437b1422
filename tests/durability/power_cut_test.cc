// A power cut: what the kernel had not been made to write is gone. An ext4
// image in a loop mount plays the disk: the image is copied while it is
// mounted, the copy is mounted elsewhere. What it has, the disk has. (The cache
// inside a real drive is not played.)

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/clock.h"
#include "core/queue/rocksdb/rocks_queue.h"
#include "core/receivers/file/file_receiver.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"
#include "tests/durability/crash_books.h"
#include "tests/testing/queue_calls.h"

namespace segrid::tests {
namespace {

namespace fs = std::filesystem;

bool Run(const std::string& command) {
  return std::system((command + " >/dev/null 2>&1").c_str()) == 0;
}

// A mounted image, until the end.
class Mount {
 public:
  Mount(const std::string& image, std::string at) : at_(std::move(at)) {
    fs::create_directories(at_);
    mounted_ = Run(absl::StrCat("mount -o loop ", image, " ", at_));
  }
  ~Mount() {
    if (mounted_) Run("umount " + at_);
  }
  Mount(const Mount&) = delete;
  Mount& operator=(const Mount&) = delete;

  bool mounted() const { return mounted_; }
  std::string queue() const { return at_ + "/queue"; }

 private:
  const std::string at_;
  bool mounted_ = false;
};

bool MakeImage(const std::string& image) {
  return Run("truncate -s 96M " + image) && Run("mkfs.ext4 -q -F " + image);
}

// Why this machine cannot play it; "": it can.
std::string WhyNot() {
  if (::geteuid() != 0) return "only root may mount";
  const queue::QueueDir dir;
  const std::string image = dir.sibling("image");
  if (!MakeImage(image)) return "there is no mkfs.ext4";
  if (!Mount(image, dir.sibling("try")).mounted()) {
    return "loop mounts are not permitted here";
  }
  return "";
}

// Cuts the power after `lines` lines of the child's; what the check says, "" if
// nothing is wrong.
std::string CutPower(int lines, bool sync) {
  const queue::QueueDir dir;
  const std::string image = dir.sibling("image");
  const std::string copy = dir.sibling("copy");
  if (!MakeImage(image)) return "mkfs.ext4 failed";
  CrashBooks books;
  {
    const Mount disk(image, dir.sibling("disk"));
    if (!disk.mounted()) return "mount failed";
    books.set_sync(sync);
    if (!books.RunChild(disk.queue(), 1, lines)) return books.error();
    fs::copy_file(image, copy);
  }
  const Mount after(copy, dir.sibling("after"));
  if (!after.mounted()) return "mounting the copy failed";
  base::SystemClock clock;
  auto queue = queue::rocksdb::RocksQueue::Open(
      {.directory = after.queue(), .reserve_bytes = 0}, clock);
  if (!queue.ok()) return std::string(queue.status().message());
  return books.Check(**queue);
}

class PowerCut : public ::testing::Test {
 protected:
  void SetUp() override {
    if (const std::string why = WhyNot(); !why.empty()) {
      GTEST_SKIP() << "power cuts are not tested: " << why;
    }
  }
};

TEST_F(PowerCut, LosesNothingThatWasAcknowledged) {
  const std::uint32_t seed = std::random_device{}();
  std::mt19937 random(seed);
  for (int i = 0; i < 4; ++i) {
    const int lines = 100 + static_cast<int>(random() % 1'500);
    EXPECT_EQ(CutPower(lines, true), "") << "after " << lines << " lines";
  }
}

// A mounted disk and the power cut of it: what a copy of its image has.
class Disk {
 public:
  Disk() {
    EXPECT_TRUE(MakeImage(image_));
    mount_ = std::make_unique<Mount>(image_, dir_.sibling("disk"));
    EXPECT_TRUE(mount_->mounted());
  }

  std::string at() const { return dir_.sibling("disk"); }
  std::string queue() const { return mount_->queue(); }
  // The folder in which the disk is as it was at this moment.
  std::string Cut() {
    const std::string copy = dir_.sibling("copy");
    fs::copy_file(image_, copy);
    after_ = std::make_unique<Mount>(copy, dir_.sibling("after"));
    EXPECT_TRUE(after_->mounted());
    return dir_.sibling("after");
  }

 private:
  const queue::QueueDir dir_;
  const std::string image_ = dir_.sibling("image");
  std::unique_ptr<Mount> mount_;
  std::unique_ptr<Mount> after_;
};

std::string ReadAll(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(PowerCut, LeavesTheLinesThatTheFileReceiverSaidItHas) {
  Disk disk;
  base::SystemClock clock;
  const auto receiver = receivers::file::FileReceiver::Open(
      {.data_dir = disk.at(), .path = "a/tracks.ndjson"}, clock);
  ASSERT_TRUE(receiver.ok()) << receiver.status();
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::string track = absl::StrCat("{\"n\":", i, "}");
    receivers::SendResult result;
    (*receiver)->Send({.tracks = {track}}, [&](receivers::SendResult got) {
      result = std::move(got);
    });
    ASSERT_EQ(result.verdict, receivers::Verdict::kDelivered);
    absl::StrAppend(&expected, track, "\n");
  }
  EXPECT_EQ(ReadAll(disk.Cut() + "/a/tracks.ndjson"), expected);
}

// The control: what nobody synced is not there.
TEST_F(PowerCut, LosesLinesThatNobodySynced) {
  Disk disk;
  std::ofstream(disk.at() + "/tracks.ndjson") << "{}\n" << std::flush;
  EXPECT_EQ(ReadAll(disk.Cut() + "/tracks.ndjson"), "");
}

// What is pending and dead after the power cut that follows the answer to a
// replay of three dead letters.
queue::LaneStats CutAfterReplay(bool sync) {
  Disk disk;
  base::SystemClock clock;
  const auto open = [&](const std::string& path) {
    return queue::rocksdb::RocksQueue::Open(
        {.directory = path, .reserve_bytes = 0, .sync = sync}, clock);
  };
  {
    // What is before the replay is on the disk in either case.
    const auto queue = open(disk.queue());
    EXPECT_TRUE(queue.ok()) << queue.status();
    testing::QueueCalls calls(**queue);
    calls.Append("prod", {"a", "b", "c"});
    const queue::Lease lease = calls.Take("prod");
    EXPECT_TRUE(
        calls.DeadLetter(testing::AllOf("prod", lease), {"REFUSED", ""}).ok());
  }
  Run("sync -f " + disk.at());
  const auto queue = open(disk.queue());
  EXPECT_TRUE(queue.ok()) << queue.status();
  Run("sync -f " + disk.at());
  const auto replayed = (*queue)->ReplayDeadLetters({.lane = "prod"});
  EXPECT_TRUE(replayed.ok()) << replayed.status();
  const auto after = open(disk.Cut() + "/queue");
  if (!after.ok()) return {};
  return *(*after)->GetLaneStats("prod");
}

TEST_F(PowerCut, LeavesAReplayThatWasAnswered) {
  const queue::LaneStats stats = CutAfterReplay(true);
  EXPECT_EQ(stats.pending, 3);
  EXPECT_EQ(stats.dead, 0);
}

TEST_F(PowerCut, LosesAReplayThatNobodySynced) {
  EXPECT_EQ(CutAfterReplay(false).pending, 0);
}

// The control: without syncs the same cut must lose, or the test proves
// nothing.
TEST_F(PowerCut, WithoutSyncsLoses) {
  int lost = 0;
  for (int i = 0; i < 2; ++i) lost += CutPower(800, false).empty() ? 0 : 1;
  EXPECT_EQ(lost, 2);
}

}  // namespace
}  // namespace segrid::tests
