#include "server/app/reload_rules.h"

#include <string>
#include <vector>

#include "core/base/error_info.h"
#include "gtest/gtest.h"
#include "segrid/rpc/v1/errors.pb.h"

namespace segrid::app {
namespace {

constexpr char kFile[] = "webhooks:\n  - name: a\n    public_keys: [k]\n";

Settings With(const std::string& text, const std::string& secret = "") {
  Settings settings;
  settings.file = "config.yaml";
  settings.files["config.yaml"] = text;
  settings.config.sources.resize(1);
  settings.config.sources[0].name = "s";
  settings.config.webhooks[0].name = "a";
  if (!secret.empty()) settings.files["/secret"] = secret;
  return settings;
}

std::vector<std::string> Fields(const absl::Status& status) {
  rpc::v1::BadRequest request;
  const auto payload = status.GetPayload(
      {base::kBadRequestUrl.data(), base::kBadRequestUrl.size()});
  if (payload.has_value()) request.ParseFromString(std::string(*payload));
  std::vector<std::string> fields;
  for (const auto& each : request.field_violations()) {
    fields.push_back(each.field());
  }
  return fields;
}

using Keys = std::vector<std::string>;

TEST(ReloadRules, RefuseWhatAFileTakesAwayAndNameIt) {
  const Settings before = With(kFile);
  Settings now = With("");
  now.config.sources.clear();
  const absl::Status status = CheckReload(before, before.config, now, {});
  EXPECT_EQ(base::ReasonOf(status), "REMOVAL_REFUSED");
  EXPECT_EQ(Fields(status), Keys({"webhooks[a].name", "webhooks[a].public_keys",
                                  "sources[s]"}));
  EXPECT_EQ(
      status.message(),
      "the new configuration lacks what stood in the old one: "
      "webhooks[a].name, webhooks[a].public_keys, sources[s]; a reload takes "
      "none of this away, because a file that is empty or cut would do the "
      "same: put it back, or say `segrid reload --allow-removal KEY`, or "
      "restart the server");
}

TEST(ReloadRules, LetAnOperatorTakeAwayWhatHeNames) {
  const Settings before = With(kFile);
  Settings now = With("");
  now.config.sources.clear();
  const config::Config& running = before.config;
  EXPECT_TRUE(CheckReload(before, running, now, {"webhooks", "sources"}).ok());
  EXPECT_TRUE(
      CheckReload(before, running, now, {"webhooks[a]", "sources.s"}).ok());
  EXPECT_EQ(Fields(CheckReload(before, running, now, {"webhooks"})),
            Keys({"sources[s]"}));
}

TEST(ReloadRules, RefuseToLetGoWhatStaysOrNeverWas) {
  const Settings same = With(kFile);
  for (const char* key : {"webhooks[a]", "sources[t]", "grpc.token", ""}) {
    const absl::Status status = CheckReload(same, same.config, same, {key});
    EXPECT_EQ(base::ReasonOf(status), "UNKNOWN_REMOVAL") << key;
    EXPECT_EQ(Fields(status), Keys({key}));
  }
}

// A listener that waits for a restart is not open.
TEST(ReloadRules, LetGoWhatDoesNotRunYet) {
  Settings before = With(kFile);
  const config::Config running = before.config;
  before.config.grpc.listen.emplace_back("127.0.0.1:7");
  EXPECT_TRUE(CheckReload(before, running, With(kFile), {}).ok());
  EXPECT_EQ(Fields(CheckReload(before, before.config, With(kFile), {})),
            Keys({"grpc.listen[127.0.0.1:7]"}));
}

TEST(ReloadRules, RefuseAFileThatIsCut) {
  const struct {
    const char* name;
    Settings before, now;
    const char* reason;
  } kCases[] = {
      {"a line", With("grpc: {}\ndrain: {grace: 10s}\n"),
       With("grpc: {}\ndrain: {grace: 1"), "CONFIG_CUT"},
      {"a secret", With(kFile, "abcdef\n"), With(kFile, "abc"), "CONFIG_CUT"},
      {"a secret of several lines", With(kFile, "ab\ncd\n"),
       With(kFile, "ab\n"), "CONFIG_CUT"},
      {"a longer secret", With(kFile, "abc\n"), With(kFile, "abcd\n"), ""},
      {"another line break", With(kFile, "abc\n"), With(kFile, "abc"), ""},
      {"another secret", With(kFile, "abc\n"), With(kFile, "xy\n"), ""},
      {"a first secret", With(kFile), With(kFile, "xy\n"), ""},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(base::ReasonOf(
                  CheckReload(each.before, each.before.config, each.now, {})),
              each.reason)
        << each.name;
  }
}

}  // namespace
}  // namespace segrid::app
