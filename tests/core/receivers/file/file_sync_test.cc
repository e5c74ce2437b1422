// The file receiver makes all durable before it says that it has a batch,
// because the queue forgets the batch then. This program's own fsync and
// fdatasync stand before those of the C library.

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/receivers/file/file_receiver.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"
#include "tests/testing/fake_clock.h"

namespace segrid::receivers::file {
namespace {

struct Syncs {
  std::vector<std::string> paths;  // Of what was synced, in order.
  int error = 0;                   // Of all from now on; 0: none.
};

// One, because the functions of the C library are one.
Syncs& TheSyncs() {
  static auto& syncs = *new Syncs;
  return syncs;
}

int Sync(long call, int descriptor) {
  std::error_code unknown;
  TheSyncs().paths.push_back(
      std::filesystem::read_symlink(absl::StrCat("/proc/self/fd/", descriptor),
                                    unknown)
          .string());
  if (TheSyncs().error == 0) {
    return static_cast<int>(::syscall(call, descriptor));
  }
  errno = TheSyncs().error;
  return -1;
}

}  // namespace

extern "C" int fsync(int descriptor) { return Sync(SYS_fsync, descriptor); }
extern "C" int fdatasync(int descriptor) {
  return Sync(SYS_fdatasync, descriptor);
}

namespace {

class FileSync : public ::testing::Test {
 protected:
  FileSync() { TheSyncs() = {}; }

  std::string folder() const { return scratch_.Path("folder"); }
  std::string path() const { return folder() + "/tracks.ndjson"; }

  // The verdict about one Track. Only what is synced meanwhile counts.
  Verdict Send(FileReceiver& receiver) {
    TheSyncs().paths.clear();
    Verdict verdict = Verdict::kSplit;
    receiver.Send({.tracks = {"{}"}}, [&](const SendResult& result) {
      verdict = result.verdict;
      synced_ = TheSyncs().paths;
    });
    return verdict;
  }
  // Whether it was synced before the last answer.
  bool WasSynced(const std::string& what) const {
    return std::find(synced_.begin(), synced_.end(), what) != synced_.end();
  }
  std::string Read() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const tests::ScratchDir scratch_;
  testing::FakeClock clock_;
  std::vector<std::string> synced_;
};

TEST_F(FileSync, OfTheFileComesBeforeEachAnswer) {
  const auto receiver = FileReceiver::Open({.path = path()}, clock_).value();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(Send(*receiver), Verdict::kDelivered);
    EXPECT_TRUE(WasSynced(path())) << "batch " << i;
  }
}

TEST_F(FileSync, OfTheFolderComesBeforeTheFirstAnswerOfEachFile) {
  const auto receiver =
      FileReceiver::Open({.path = path(), .rotate_age = absl::Hours(1)}, clock_)
          .value();
  Send(*receiver);
  EXPECT_TRUE(WasSynced(folder())) << "it is new";
  std::filesystem::remove(path());
  Send(*receiver);
  EXPECT_TRUE(WasSynced(folder())) << "somebody removed it";
  clock_.Advance(absl::Hours(2));
  Send(*receiver);
  EXPECT_TRUE(WasSynced(folder())) << "it was rotated";
  EXPECT_EQ(Read(), "{}\n");
}

TEST_F(FileSync, ThatFailsIsNoDeliveryAndLeavesNoLine) {
  const auto receiver = FileReceiver::Open({.path = path()}, clock_).value();
  EXPECT_EQ(Send(*receiver), Verdict::kDelivered);
  TheSyncs().error = EIO;
  EXPECT_EQ(Send(*receiver), Verdict::kRetry);
  TheSyncs().error = 0;
  EXPECT_EQ(Read(), "{}\n");
  EXPECT_EQ(Send(*receiver), Verdict::kDelivered);
  EXPECT_EQ(Read(), "{}\n{}\n");
}

}  // namespace
}  // namespace segrid::receivers::file
