#include "bench/paths/local_parts.h"

#include <string>

#include "bench/paths/cpu_clock.h"
#include "bench/suite/child_process.h"
#include "gtest/gtest.h"

namespace segrid::bench {
namespace {

constexpr absl::Duration kShort = absl::Milliseconds(2);

TEST(CpuOfCall, CountsWorkAtLeastOnce) {
  int calls = 0;
  EXPECT_GE(CpuOfCall(absl::ZeroDuration(), [&calls] { ++calls; }), 0);
  EXPECT_EQ(calls, 1);
}

TEST(LocalParts, HaveTheInputOfACall) {
  const auto input = MakePartInput({}, Input::kJson, Output::kBatch, 10);
  ASSERT_TRUE(input.ok()) << input.status();
  ASSERT_EQ(input->requests.size(), input->bodies.size());
  ASSERT_EQ(input->requests.size(), input->batches.size());
  EXPECT_EQ(input->bodies[0].front(), '[');
  EXPECT_EQ(input->batches[0].rfind("{\"batch\":[", 0), 0u);
}

TEST(LocalParts, CostMoreForMoreEvents) {
  const auto one = MakePartInput({}, Input::kJson, Output::kBatch, 1);
  const auto many = MakePartInput({}, Input::kJson, Output::kBatch, 200);
  ASSERT_TRUE(one.ok() && many.ok());
  EXPECT_GT(TransformAlone(*many, Output::kBatch, kShort)->cpu_seconds,
            10 * TransformAlone(*one, Output::kBatch, kShort)->cpu_seconds);
  EXPECT_GT(HashAlone(*many, kShort).cpu_seconds,
            10 * HashAlone(*one, kShort).cpu_seconds);
  EXPECT_GT(PackAlone(*many, kShort).cpu_seconds,
            3 * PackAlone(*one, kShort).cpu_seconds);
}

TEST(LocalParts, TransformTypedEventsToo) {
  const auto input = MakePartInput({}, Input::kTyped, Output::kTracks, 10);
  ASSERT_TRUE(input.ok()) << input.status();
  const auto reading = TransformAlone(*input, Output::kTracks, kShort);
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_GT(reading->cpu_seconds, 0);
}

TEST(LocalParts, CheckASignatureThatIsGood) {
  EXPECT_GT(SignatureAlone(kShort).cpu_seconds, 0);
}

TEST(LocalParts, AppendToADisk) {
  const auto directory = TemporaryDirectory::Make();
  ASSERT_TRUE(directory.ok());
  const auto input = MakePartInput({}, Input::kJson, Output::kBatch, 10);
  ASSERT_TRUE(input.ok()) << input.status();
  const auto reading =
      AppendAlone(*input, 4, directory->path(), absl::Milliseconds(20));
  ASSERT_TRUE(reading.ok()) << reading.status();
  EXPECT_GT(reading->cpu_seconds, 0);
  EXPECT_GT(reading->calls_per_second, 0);
}

}  // namespace
}  // namespace segrid::bench
