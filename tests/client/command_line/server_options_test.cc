#include "client/command_line/server_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "tests/client/scratch_dir.h"

namespace segrid::command_line {
namespace {

using ::testing::HasSubstr;
using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

// Sets variables of this process, and takes them back.
class Environment {
 public:
  explicit Environment(Variables variables) : variables_(std::move(variables)) {
    for (const auto& [name, value] : variables_) {
      setenv(name.c_str(), value.c_str(), 1);
    }
  }
  ~Environment() {
    for (const auto& [name, value] : variables_) unsetenv(name.c_str());
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const Variables variables_;
};

// A home with a profile file, and what a command line there comes to.
class Home : public ::testing::Test {
 protected:
  Home() { std::filesystem::create_directory(dir_.Path("segrid")); }

  void Write(const std::string& yaml, mode_t mode = 0600) {
    path_ = dir_.Write("segrid/config.yaml", yaml);
    chmod(path_.c_str(), mode);
  }

  absl::Status Parse(Words words, ServerOptions& options,
                     const Sources& sources = {}) {
    const Environment home(Variables{{"XDG_CONFIG_HOME", dir_.Path("")}});
    CLI::App app;
    AddServerOptions(app, options);
    std::reverse(words.begin(), words.end());
    app.parse(words);
    return Resolve(app, sources, config::ProcessEnvironment(), options);
  }

  // The message of a command line that is refused.
  std::string Refusal(const Words& words) {
    ServerOptions options;
    return std::string(Parse(words, options).message());
  }

  tests::ScratchDir dir_;
  std::string path_;
};

std::string SettingOf(const ServerOptions& options, const std::string& name) {
  for (const Setting& setting : options.settings) {
    if (setting.name == name) return setting.value + " of " + setting.from;
  }
  return "absent";
}

TEST_F(Home, TakesEachSettingFromTheFirstThatHasIt) {
  const struct {
    const char* name;
    const char* variable;
    const char* key;
    std::string ServerOptions::*value;
    const char* fallback;
  } kSettings[] = {
      {"server", "SEGRID_SERVER", "server", &ServerOptions::address,
       kDefaultServer},
      {"tls-ca", "SEGRID_TLS_CA", "tls_ca", &ServerOptions::tls_ca, ""},
      {"tls-server-name", "SEGRID_TLS_SERVER_NAME", "tls_server_name",
       &ServerOptions::tls_server_name, ""},
      {"token", "SEGRID_TOKEN", "token", &ServerOptions::token, ""},
  };
  for (const auto& setting : kSettings) {
    for (int layers = 0; layers < 8; ++layers) {
      Words words = {"--profile", "mine"};
      Variables variables;
      std::string yaml = "profiles: [{name: mine";
      std::string value = setting.fallback;
      std::string from = "default";
      if ((layers & 1) != 0) {
        yaml += std::string(", ") + setting.key + ": '/profile'";
        value = "/profile";
        from = "profile";
      }
      if ((layers & 2) != 0) {
        variables[setting.variable] = value = "/variable";
        from = "environment";
      }
      if ((layers & 4) != 0) {
        words.insert(words.end(), {std::string("--") + setting.name, "/word"});
        value = "/word";
        from = "option";
      }
      Write(yaml + "}]");
      const Environment environment(variables);
      ServerOptions options;
      const absl::Status status = Parse(words, options);
      ASSERT_TRUE(status.ok()) << status;
      EXPECT_EQ(options.*setting.value, value) << setting.name << layers;
      EXPECT_THAT(SettingOf(options, setting.name), HasSubstr(" of " + from));
    }
  }
}

TEST_F(Home, NeedsNoFile) {
  ServerOptions options;
  const absl::Status status = Parse({}, options);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(options.address, kDefaultServer);
  EXPECT_FALSE(options.uses_tls());
}

TEST_F(Home, ChoosesTheProfile) {
  Write(
      "default_profile: b\n"
      "profiles: [{name: a, server: a:1}, {name: b, server: b:1}]");
  const struct {
    Words words;
    Variables variables;
    const char* server;
  } kCases[] = {
      {{}, {}, "b:1"},
      {{"--profile", "a"}, {}, "a:1"},
      {{}, {{"SEGRID_PROFILE", "a"}}, "a:1"},
      {{"--profile", "b"}, {{"SEGRID_PROFILE", "a"}}, "b:1"},
      {{"--server", "c:1"}, {}, "c:1"},
      {{}, {{"SEGRID_SERVER", "d:1"}}, "d:1"},
      {{"--profile", "a", "--server", "c:1"}, {}, "c:1"},
  };
  for (const auto& test : kCases) {
    const Environment environment(test.variables);
    ServerOptions options;
    ASSERT_TRUE(Parse(test.words, options).ok());
    EXPECT_EQ(options.address, test.server);
  }
}

TEST_F(Home, KeepsTheDefaultProfilesTokenFromOtherServers) {
  Write(
      "default_profile: a\n"
      "profiles: [{name: a, server: a:1, tls: true, token: t}]");
  ServerOptions options;
  ASSERT_TRUE(Parse({"--server", "b:1"}, options).ok());
  EXPECT_EQ(options.token, "");
  EXPECT_FALSE(options.tls);
  ServerOptions named;
  ASSERT_TRUE(Parse({"--server", "b:1", "--profile", "a"}, named).ok());
  EXPECT_EQ(named.token, "t");
}

TEST_F(Home, ReachesNobodyByAccidentWhereADefaultIsNotAllowed) {
  Write("default_profile: a\nprofiles: [{name: a, server: a:1}]");
  const Sources named_only = {.default_profile = false,
                              .default_server = false};
  ServerOptions options;
  ASSERT_TRUE(Parse({}, options, named_only).ok());
  EXPECT_EQ(options.address, "");
  ServerOptions named;
  ASSERT_TRUE(Parse({"--profile", "a"}, named, named_only).ok());
  EXPECT_EQ(named.address, "a:1");
}

TEST_F(Home, FindsFilesBesideTheProfileFile) {
  Write(
      "profiles: [{name: a, tls_ca: ca.pem, tls_cert: /c.pem, "
      "tls_key: ~/k.pem}]");
  const Environment home(Variables{{"HOME", "/home/somebody"}});
  ServerOptions options;
  ASSERT_TRUE(Parse({"--profile", "a"}, options).ok());
  EXPECT_EQ(options.tls_ca, dir_.Path("segrid/ca.pem"));
  EXPECT_EQ(options.tls_cert, "/c.pem");
  EXPECT_EQ(options.tls_key, "/home/somebody/k.pem");
  EXPECT_TRUE(options.uses_tls());
}

TEST_F(Home, ReadsTheTokenFromAFile) {
  const std::string token = dir_.Write("token", "secret\n");
  chmod(token.c_str(), 0600);
  const Environment environment(Variables{{"SEGRID_TOKEN", "other"}});
  ServerOptions options;
  ASSERT_TRUE(Parse({"--token-file", token}, options).ok());
  EXPECT_EQ(options.token, "secret");
  EXPECT_EQ(SettingOf(options, "token"), "*** of " + token + " of option");
}

TEST_F(Home, LetsTheGroupReadATokenOfRootOnly) {
  const std::string token = dir_.Write("token", "secret\n");
  chmod(token.c_str(), 0640);
  ServerOptions options;
  EXPECT_EQ(Parse({"--token-file", token}, options).ok(), geteuid() == 0);
}

TEST_F(Home, SaysWhatIsWrongWithAToken) {
  const std::string open = dir_.Write("open", "secret\n");
  chmod(open.c_str(), 0644);
  const std::string empty = dir_.Write("empty", "\n");
  chmod(empty.c_str(), 0600);
  const std::string spaced = dir_.Write("spaced", "a secret\n");
  chmod(spaced.c_str(), 0600);
  EXPECT_THAT(Refusal({"--token-file", open}),
              HasSubstr("mode 0644 lets others reach it; say: chmod 600"));
  EXPECT_THAT(Refusal({"--token-file", empty}), HasSubstr("is empty"));
  EXPECT_THAT(Refusal({"--token-file", spaced}), HasSubstr("printable ASCII"));
  EXPECT_THAT(Refusal({"--token-file", dir_.Path("none")}),
              HasSubstr("cannot be read"));
  EXPECT_THAT(Refusal({"--token-file", open, "--token", "x"}),
              HasSubstr("does not go with"));
  for (const std::string& path : {open, empty, spaced}) {
    EXPECT_EQ(Refusal({"--token-file", path}).find("secret"),
              std::string::npos);
  }
}

TEST_F(Home, WantsACertificateWithItsKey) {
  EXPECT_THAT(Refusal({"--tls-cert", "a"}), HasSubstr("needs --tls-key"));
  EXPECT_THAT(Refusal({"--tls-key", "a"}), HasSubstr("needs --tls-cert"));
}

TEST_F(Home, SaysWhatIsWrongWithTheFile) {
  const struct {
    const char* yaml;
    mode_t mode;
    const char* profile;
    const char* says;
  } kCases[] = {
      {"profiles: [{name: a, sever: x}]", 0600, "a",
       ":1:22: profiles[0].sever: unknown key; did you mean 'server'?"},
      {"profile: []", 0600, "a", "did you mean 'profiles'?"},
      {"a: [", 0600, "a", "not valid YAML"},
      {"- a", 0600, "a", "must be a section"},
      {"profiles: [{server: x}]", 0600, "a", "profiles[0].name: is missing"},
      {"profiles: [{name: a}, {name: a}]", 0600, "a", "already the name of"},
      {"profiles: [{name: a, tls: maybe}]", 0600, "a", "neither true nor"},
      {"profiles: [{name: a, tls_cert: c}]", 0600, "a", "needs tls_key"},
      {"profiles: [{name: a, token: t, token_file: f}]", 0600, "a",
       "does not go with token"},
      {"profiles: [{name: a, token: t}]", 0660, "a", "mode 0660 lets others"},
      {"profiles: [{name: prod}, {name: test}]", 0600, "prdo",
       "did you mean 'prod'? there are: prod, test"},
      {"profiles: [{name: prod}, {name: test}]", 0600, "x",
       "there are: prod, test"},
      {"", 0600, "x", "it has none"},
  };
  for (const auto& test : kCases) {
    Write(test.yaml, test.mode);
    const std::string refusal = Refusal({"--profile", test.profile});
    EXPECT_THAT(refusal, HasSubstr(test.says));
    EXPECT_THAT(refusal, HasSubstr(path_));
    EXPECT_EQ(refusal.find('\n'), std::string::npos);
  }
}

TEST_F(Home, LetsOthersReadAFileWithoutASecret) {
  Write("profiles: [{name: a, server: a:1, token_file: t}]", 0644);
  const std::string token = dir_.Write("segrid/t", "t");
  chmod(token.c_str(), 0600);
  ServerOptions options;
  const absl::Status status = Parse({"--profile", "a"}, options);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(options.token, "t");
}

TEST_F(Home, SaysThatThereIsNoFileWithTheProfile) {
  EXPECT_THAT(Refusal({"--profile", "a"}),
              HasSubstr("there is no profile 'a', because there is no file '" +
                        dir_.Path("segrid/config.yaml")));
}

}  // namespace
}  // namespace segrid::command_line
