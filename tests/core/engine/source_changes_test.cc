#include "core/engine/source_changes.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::engine {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

config::Config WithSources(const std::vector<std::string>& names) {
  config::Config config;
  config.sources.clear();
  for (const std::string& name : names) {
    config.sources.emplace_back().name = name;
  }
  return config;
}

std::vector<std::string> NamesOf(const std::vector<config::Source>& sources) {
  std::vector<std::string> names;
  for (const config::Source& source : sources) names.push_back(source.name);
  return names;
}

TEST(SourceChanges, AreSourcesThatComeOrDeliverOtherwise) {
  const config::Config from = WithSources({"a", "b"});
  config::Config to = WithSources({"a", "c"});
  // A source that only transforms otherwise goes on delivering.
  to.sources[0].events = {"open"};
  EXPECT_THAT(NamesOf(ChangedSources(from, to)), ElementsAre("c"));
  to.sources[0].write_key = base::Secret("another");
  EXPECT_THAT(NamesOf(ChangedSources(from, to)), ElementsAre("a", "c"));
  EXPECT_THAT(ChangedSources(to, to), IsEmpty());
}

TEST(SourceChanges, RemoveLanesThatNobodyDelivers) {
  const config::Config from = WithSources({"a", "b"});
  config::Config to = WithSources({"a", "c"});
  EXPECT_THAT(RemovedLanes(from, to), ElementsAre("b"));
  EXPECT_THAT(RemovedLanes(to, to), IsEmpty());
}

TEST(SourceFiles, ChangeWithTheirContents) {
  const std::string path =
      testing::TempDir() + "/source_changes_" + std::to_string(::getpid());
  config::Config config = WithSources({"a", "b"});
  config.sources[0].ca_file = path;
  const SourceFiles missing = FingerprintFiles(config);
  std::ofstream(path) << "first";
  const SourceFiles first = FingerprintFiles(config);
  std::ofstream(path) << "other";
  const SourceFiles other = FingerprintFiles(config);
  std::filesystem::remove(path);
  EXPECT_NE(missing.at("a"), first.at("a"));
  EXPECT_NE(first.at("a"), other.at("a"));
  EXPECT_EQ(missing.at("a"), FingerprintFiles(config).at("a"));
  EXPECT_EQ(first.at("b"), other.at("b"));
}

}  // namespace
}  // namespace segrid::engine
