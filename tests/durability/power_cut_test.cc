// A power cut: what the kernel had not been made to write is gone. An ext4
// image in a loop mount plays the disk: the image is copied while it is
// mounted, the copy is mounted elsewhere. What it has, the disk has. (The cache
// inside a real drive is not played.)

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/base/clock.h"
#include "core/queue/rocksdb/rocks_queue.h"
#include "gtest/gtest.h"
#include "tests/core/queue/rocksdb/rocks_store.h"
#include "tests/durability/crash_books.h"

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

// The control: without syncs the same cut must lose, or the test proves
// nothing.
TEST_F(PowerCut, WithoutSyncsLoses) {
  int lost = 0;
  for (int i = 0; i < 2; ++i) lost += CutPower(800, false).empty() ? 0 : 1;
  EXPECT_EQ(lost, 2);
}

}  // namespace
}  // namespace segrid::tests
