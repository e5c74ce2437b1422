// What the program says of the ways that its sources' Tracks take.

#include <csignal>
#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"
#include "tests/server/app/server_process.h"

namespace segrid::app {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class WaysTest : public ::testing::Test {
 protected:
  WaysTest() {
    for (const char* name :
         {"HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"}) {
      ::unsetenv(name);
    }
  }

  std::string directory() const { return dir_.Path(""); }

  // What `validate` prints for these sources.
  CommandOutput Validate(const std::string& sources) {
    dir_.Write("c.yaml", "sources:\n" + sources);
    return RunCommand(directory(), {"validate", "--config", "c.yaml"});
  }

  tests::ScratchDir dir_;
};

TEST_F(WaysTest, ValidateShowsTheWholeUrl) {
  const CommandOutput shown = Validate(
      "- {name: a, write_key: k}\n"
      "- {name: b, write_key: k, region: eu}\n"
      "- {name: c, write_key: k, receiver: jitsu, endpoint: "
      "'https://h/api/s/s2s'}\n"
      "- {name: d, receiver: http, endpoint: 'https://h/hook/', proxy: "
      "'http://p:3128'}\n"
      "- {name: e, write_key: k, endpoint: 'http://h', allow_http: true}\n"
      "- {name: f, write_key: k, endpoint: 'http://[::1]:80', allow_http: "
      "true}\n");
  EXPECT_EQ(shown.exit, 0) << shown.err;
  for (const char* line :
       {"source a -> segment (https://api.segment.io/v1/batch)\n",
        "source b -> segment (https://events.eu1.segmentapis.com/v1/batch)\n",
        "source c -> jitsu (https://h/api/s/s2s/v1/batch)\n",
        "source d -> http (https://h/hook/, through the proxy p:3128)\n",
        "source e -> segment (http://h/v1/batch, in the clear: keys and "
        "addresses can be read on the way)\n",
        "source f -> segment (http://[::1]/v1/batch)\n"}) {
    EXPECT_THAT(shown.out, HasSubstr(line));
  }
}

TEST_F(WaysTest, ValidateKnowsTheProxyOfTheEnvironment) {
  ::setenv("https_proxy", "http://user:canary@p:3128", 1);
  ::setenv("NO_PROXY", "events.eu1.segmentapis.com", 1);
  const CommandOutput shown = Validate(
      "- {name: a, write_key: k}\n"
      "- {name: b, write_key: k, region: eu}\n"
      "- {name: c, write_key: k, proxy: none}\n");
  EXPECT_THAT(shown.out,
              HasSubstr("source a -> segment (https://api.segment.io/v1/batch, "
                        "through the proxy p:3128 of the environment's "
                        "https_proxy)\n"));
  EXPECT_THAT(shown.out, HasSubstr("source b -> segment "
                                   "(https://events.eu1.segmentapis.com/v1/"
                                   "batch)\n"));
  EXPECT_THAT(shown.out, HasSubstr("source c -> segment "
                                   "(https://api.segment.io/v1/batch)\n"));
  EXPECT_THAT(shown.out + shown.err, Not(HasSubstr("canary")));

  ::setenv("https_proxy", "socks5://canary:1080", 1);
  const CommandOutput refused = Validate("- {name: a, write_key: k}\n");
  EXPECT_EQ(refused.exit, 3);
  EXPECT_THAT(refused.err, HasSubstr("the environment's https_proxy"));
  EXPECT_THAT(refused.out + refused.err, Not(HasSubstr("canary")));
}

TEST_F(WaysTest, TheStartLogsWhatTheFileDoesNotSay) {
  ::setenv("HTTPS_PROXY", "user:canary@127.0.0.1:1", 1);
  dir_.Write("c.yaml",
             "http: {listen: []}\nadmin: {listen: []}\n"
             "sources:\n"
             "- {name: a, write_key: k}\n"
             "- {name: b, write_key: k, proxy: none}\n"
             "- {name: c, write_key: k, endpoint: 'http://h.invalid', "
             "allow_http: true}\n"
             "- {name: d, write_key: k, endpoint: 'http://localhost:1', "
             "allow_http: true}\n");
  ServerProcess server(directory(), {"--config", "c.yaml", "--listen",
                                     "127.0.0.1:0", "--data-dir", "data"});
  ASSERT_TRUE(server.ReadUntil("\"message\":\"ready\"")) << server.errors();
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  const std::string& log = server.errors();
  EXPECT_THAT(log, HasSubstr("\"source\":\"a\",\"proxy\":\"127.0.0.1:1\","
                             "\"variable\":\"HTTPS_PROXY\""));
  EXPECT_THAT(log, HasSubstr("travel in the clear\",\"source\":\"c\","
                             "\"endpoint\":\"http://h.invalid/v1/batch\""));
  EXPECT_THAT(log, Not(HasSubstr("\"source\":\"b\"")));
  EXPECT_THAT(log, Not(HasSubstr("\"source\":\"d\"")));
  EXPECT_THAT(log, Not(HasSubstr("canary")));
}

}  // namespace
}  // namespace segrid::app
