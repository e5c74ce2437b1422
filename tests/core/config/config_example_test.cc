// The files that people start from.

#include <set>
#include <sstream>
#include <string>

#include "core/config/describe.h"
#include "core/config/load.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

constexpr std::string_view kFolder = SEGRID_SOURCE_DIR "/tests/core/config/";

absl::StatusOr<Config> LoadFile(const std::string& name) {
  const Environment machine = ProcessEnvironment();
  const auto text =
      machine.read_file(std::string(kFolder) + name, std::size_t{1} << 20);
  if (!text.ok()) return text.status();
  return LoadText(
      *text, "f",
      FakeEnvironment({{"SEGMENT_WRITE_KEY", "k"}, {"COLLECTOR_TOKEN", "t"}}));
}

// The names of all keys in a YAML text in block style, comments aside.
std::set<std::string> KeysOf(const std::string& yaml) {
  std::set<std::string> keys;
  std::istringstream lines(yaml);
  for (std::string line; std::getline(lines, line);) {
    const std::size_t start = line.find_first_not_of(" -");
    const std::size_t colon = line.find(':');
    if (start == std::string::npos || colon == std::string::npos) continue;
    keys.insert(line.substr(start, colon - start));
  }
  return keys;
}

TEST(Example, Loads) {
  const auto config = LoadFile("example.yaml");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->sources.size(), 4u);
  EXPECT_EQ(config->sources[0].write_key.Reveal(), "k");
}

TEST(Example, ShowsEveryKey) {
  const auto text = ProcessEnvironment().read_file(
      std::string(kFolder) + "example.yaml", std::size_t{1} << 20);
  ASSERT_TRUE(text.ok()) << text.status();
  for (const std::string& key :
       KeysOf(Describe(*Defaults(FakeEnvironment())))) {
    EXPECT_THAT(*text, ::testing::HasSubstr(key + ":"));
  }
}

// The placeholders of the reference are no hash and no key.
TEST(Reference, HasEveryKeyThatIsThere) {
  const auto config = LoadFile("reference.yaml");
  EXPECT_EQ(std::string(config.status().message()),
            "f:2:143: grpc.tokens[0].sha256: is no SHA-256; must be 64 "
            "lower-case hex digits: printf %s \"$TOKEN\" | sha256sum\n"
            "f:3:44: http.tls.…: unknown key; known are: cert, key, client_ca, "
            "allowed_sans\n"
            "f:6:35: webhooks[0].public_keys[0]: is no verification key: it is "
            "not base64; copy it from SendGrid's Mail Settings, Signed Event "
            "Webhook");
}

}  // namespace
}  // namespace segrid::config
