// The baseline in Node does the same work: the same bytes come out.

#include <fstream>
#include <sstream>
#include <string>

#include "bench/suite/child_process.h"
#include "core/pipeline/transform_batch.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

constexpr const char* kScript =
    SEGRID_SOURCE_DIR "/bench/baseline/node_transform.mjs";

std::string Contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

bool HasNode() {
  const tests::ScratchDir directory;
  return RunToEnd({"node", "--version"}, directory.Path("log"),
                  absl::Seconds(30))
      .ok();
}

std::string OurBatch(const std::string& body) {
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  EXPECT_TRUE(transformer
                  .Transform({pipeline::Input::Form::kWebhookJson, body}, {},
                             pipeline::Output::kBatchJson, 0, result)
                  .ok());
  return std::string(result.output.view());
}

TEST(NodeTransform, GivesTheSameBytesAsWe) {
  if (!HasNode()) GTEST_SKIP() << "no node here: nothing to compare with";
  for (const char* name : {"bench-events-100.json", "bench-events-1000.json"}) {
    const tests::ScratchDir directory;
    const std::string path =
        std::string(SEGRID_SOURCE_DIR "/tests/data/bench/") + name;
    const auto run = RunToEnd({"node", kScript, path, "--print"},
                              directory.Path("out"), absl::Seconds(60));
    ASSERT_TRUE(run.ok()) << run;
    EXPECT_EQ(Contents(directory.Path("out")), OurBatch(Contents(path)))
        << name;
  }
}

TEST(NodeTransform, WritesWhatTheSuiteReads) {
  if (!HasNode()) GTEST_SKIP() << "no node here: nothing to compare with";
  const tests::ScratchDir directory;
  const std::string out = directory.Path("result.json");
  const auto run =
      RunToEnd({"node", kScript,
                SEGRID_SOURCE_DIR "/tests/data/bench/bench-events-100.json",
                "--seconds=0.01", "--out=" + out},
               directory.Path("log"), absl::Seconds(60));
  ASSERT_TRUE(run.ok()) << run;
  EXPECT_NE(Contents(out).find("\"name\":\"NodeJsonToJson/100\""),
            std::string::npos);
  EXPECT_NE(Contents(out).find("items_per_second"), std::string::npos);
}

}  // namespace
}  // namespace segrid::bench
