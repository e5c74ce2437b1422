// When the file receiver begins a new file, and which old ones it keeps.

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/receivers/file/file_receiver.h"
#include "core/receivers/file/rotated_files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"
#include "tests/testing/fake_clock.h"

namespace segrid::receivers::file {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::SizeIs;

class FileRotation : public ::testing::Test {
 protected:
  // What the folder holds, by name.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry :
         std::filesystem::directory_iterator(scratch_.Path(""))) {
      std::ifstream file(entry.path());
      files[entry.path().filename().string()] = {
          std::istreambuf_iterator<char>(file), {}};
    }
    return files;
  }

  std::unique_ptr<FileReceiver> Open(FileOptions options) {
    options.path = scratch_.Path("t.ndjson");
    return FileReceiver::Open(std::move(options), clock_).value();
  }

  static void Send(FileReceiver& receiver,
                   std::vector<std::string_view> tracks) {
    receiver.Send({.tracks = std::move(tracks)}, [](const SendResult& result) {
      EXPECT_EQ(result.verdict, Verdict::kDelivered) << result.detail;
    });
  }

  const tests::ScratchDir scratch_;
  testing::FakeClock clock_;  // 2026-01-01T00:00:00Z.
};

TEST_F(FileRotation, ByASizeThatNoFileExceeds) {
  const auto receiver = Open({.rotate_bytes = 6});
  Send(*receiver, {"1", "2"});
  Send(*receiver, {"3"});
  Send(*receiver, {"4"});
  clock_.Advance(absl::Seconds(1));
  Send(*receiver, {"5", "6", "7"});
  EXPECT_THAT(Files(),
              ElementsAre(Pair("t.ndjson", "5\n6\n7\n"),
                          Pair("t.ndjson.20260101T000000Z", "1\n2\n3\n"),
                          Pair("t.ndjson.20260101T000001Z", "4\n")));
}

TEST_F(FileRotation, KeepsABatchTogetherThatIsLargerThanAFile) {
  const auto receiver = Open({.rotate_bytes = 6});
  Send(*receiver, {"1", "2", "3", "4"});
  Send(*receiver, {"5"});
  EXPECT_THAT(Files(),
              ElementsAre(Pair("t.ndjson", "5\n"),
                          Pair("t.ndjson.20260101T000000Z", "1\n2\n3\n4\n")));
}

TEST_F(FileRotation, ByTheAgeOfTheFirstLine) {
  const auto receiver = Open({.rotate_age = absl::Hours(1)});
  clock_.Advance(absl::Hours(5));  // An empty file does not age.
  Send(*receiver, {"1"});
  clock_.Advance(absl::Minutes(59));
  Send(*receiver, {"2"});
  EXPECT_THAT(Files(), SizeIs(1));
  clock_.Advance(absl::Minutes(1));
  Send(*receiver, {"3"});
  EXPECT_THAT(Files(),
              ElementsAre(Pair("t.ndjson", "3\n"),
                          Pair("t.ndjson.20260101T060000Z", "1\n2\n")));
}

TEST_F(FileRotation, CountsWhatIsThereWhenItOpens) {
  scratch_.Write("t.ndjson", "1\n2\n");
  // Made just now by the machine's clock, which is far ahead of the fake one.
  const auto receiver = Open({.rotate_bytes = 5});
  Send(*receiver, {"3"});
  EXPECT_THAT(Files(),
              ElementsAre(Pair("t.ndjson", "3\n"),
                          Pair("t.ndjson.20260101T000000Z", "1\n2\n")));
}

TEST_F(FileRotation, NeverWhenTurnedOff) {
  const auto receiver =
      Open({.rotate_bytes = 0, .rotate_age = absl::ZeroDuration()});
  Send(*receiver, {"1"});
  clock_.Advance(absl::Hours(100'000));
  Send(*receiver, {std::string(100'000, 'x')});
  EXPECT_THAT(Files(), SizeIs(1));
}

TEST_F(FileRotation, DeletesTheOldestOfItsOwnFilesOnly) {
  const std::vector<std::string> strangers = {
      "t.ndjson.bak", "t.ndjson.20250101", "t.ndjson.20250101T000000Zx",
      "t.ndjson.20250101T000000Z.1", "other.20250101T000000Z"};
  for (const std::string& name : strangers) scratch_.Write(name, "");
  scratch_.Write("t.ndjson.20250101T000000Z", "old");
  const auto receiver = Open({.rotate_bytes = 2, .keep = 2});
  for (const char* line : {"1", "2", "3", "4"}) Send(*receiver, {line});
  auto files = Files();
  for (const std::string& name : strangers) EXPECT_EQ(files.erase(name), 1u);
  EXPECT_THAT(files, ElementsAre(Pair("t.ndjson", "4\n"),
                                 Pair("t.ndjson.20260101T000000Z.001", "2\n"),
                                 Pair("t.ndjson.20260101T000000Z.002", "3\n")));
}

TEST_F(FileRotation, WhatWasWrittenLastIsKeptAlsoWhenTheClockWentBack) {
  for (const char* year : {"2030", "2031"}) {
    const std::string name = absl::StrCat("t.ndjson.", year, "0101T000000Z");
    scratch_.Write(name, "of a wrong clock");
    std::filesystem::last_write_time(
        scratch_.Path(name),
        std::filesystem::file_time_type::clock::now() - std::chrono::hours(1));
  }
  const auto receiver = Open({.rotate_bytes = 2, .keep = 2});
  for (const char* line : {"1", "2", "3"}) Send(*receiver, {line});
  EXPECT_THAT(Files(),
              ElementsAre(Pair("t.ndjson", "3\n"),
                          Pair("t.ndjson.20260101T000000Z", "1\n"),
                          Pair("t.ndjson.20260101T000000Z.001", "2\n")));
}

TEST_F(FileRotation, KeepsAllWhenTold) {
  const auto receiver = Open({.rotate_bytes = 2, .keep = 0});
  for (int i = 0; i < 50; ++i) Send(*receiver, {"1"});
  EXPECT_THAT(Files(), SizeIs(50));
}

}  // namespace
}  // namespace segrid::receivers::file
