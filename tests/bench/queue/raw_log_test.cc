#include "bench/queue/raw_log.h"

#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

TEST(RawLog, HasEachCallersBytesInOnePieceWhenTheCallReturns) {
  constexpr int kCallers = 8;
  constexpr int kCalls = 20;
  const tests::ScratchDir directory;
  const std::string path = directory.Path("log");
  {
    RawLog log(path);
    std::vector<std::thread> callers;
    for (int i = 0; i < kCallers; ++i) {
      callers.emplace_back([&log, i] {
        const std::string line(99, static_cast<char>('a' + i));
        for (int call = 0; call < kCalls; ++call) {
          EXPECT_TRUE(log.Append(line + "\n"));
        }
      });
    }
    for (std::thread& caller : callers) caller.join();
    // Before the destructor: every call has returned.
    std::ifstream file(path);
    int lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
      EXPECT_EQ(line, std::string(99, line[0]));
    }
    EXPECT_EQ(lines, kCallers * kCalls);
  }
}

TEST(RawLog, DoesNotHangWhenItEndsWithoutACall) {
  const tests::ScratchDir directory;
  const RawLog log(directory.Path("log"));
}

}  // namespace
}  // namespace segrid::bench
