#include "core/config/removed_keys.h"

#include <cstddef>
#include <string>
#include <vector>

#include "core/config/load.h"
#include "gtest/gtest.h"
#include "tests/core/config/fake_environment.h"

namespace segrid::config {
namespace {

using Keys = std::vector<std::string>;

constexpr char kFull[] = R"(grpc:
  listen: ["127.0.0.1:50051"]
  tls:
    cert: /c
    key: /k
    client_ca: /ca
    allowed_sans:
      - api.example.com
      - ops.example.com
  tokens:
    - sha256: aa
      roles: [transform]
    - sha256: bb
      roles: [admin]
http:
  listen: ["127.0.0.1:8080"]
  future: {one: 1}
webhooks:
  - name: a
    public_keys: [k1, k2]
    bearer_sha256: [h]
  - name: b
    public_keys: [k3]
sources:
  - name: s
    events: [open]
)";

std::string With(std::string text, const std::string& from,
                 const std::string& to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(RemovedKeys, NameEachProtectionThatIsGone) {
  const struct {
    std::string from, to;
    Keys removed;
  } kCases[] = {
      {"    client_ca: /ca\n", "", {"grpc.tls.client_ca"}},
      {"client_ca: /ca", "client_ca: \"\"", {"grpc.tls.client_ca"}},
      {"client_ca: /ca", "client_ca:", {"grpc.tls.client_ca"}},
      {"[k3]", "[]", {"webhooks[b].public_keys"}},
      {"    public_keys: [k3]\n", "", {"webhooks[b].public_keys"}},
      {"    bearer_sha256: [h]\n", "", {"webhooks[a].bearer_sha256"}},
      {"  future: {one: 1}\n", "", {"http.future.one"}},
      {"{one: 1}", "{}", {"http.future.one"}},
      {"      - api.example.com\n      - ops.example.com\n",
       "",
       {"grpc.tls.allowed_sans"}},
      {"      roles: [admin]\n", "", {"grpc.tokens[].roles"}},
      // Said by the parts that run, which only RemovedParts() knows.
      {"  - name: b\n    public_keys: [k3]\n", "", {}},
      // A list that keeps one.
      {"      - api.example.com\n", "", {}},
      {"[k1, k2]", "[k2]", {}},
      {"    - sha256: bb\n      roles: [admin]\n", "", {}},
      // Others change and come.
      {"[k1, k2]", "[k4]", {}},
      {"  listen: [\"127.0.0.1:8080\"]\n",
       "  listen: [\"127.0.0.1:8080\"]\n  max_headers: 3\n",
       {}},
      // Not of a listener or webhook.
      {"    events: [open]\n", "", {}},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(RemovedKeys(kFull, With(kFull, each.from, each.to)), each.removed)
        << each.from << " -> " << each.to;
  }
}

TEST(RemovedKeys, NameAllOfAnEmptyFile) {
  const Keys all = {"grpc.listen",
                    "grpc.tls.cert",
                    "grpc.tls.key",
                    "grpc.tls.client_ca",
                    "grpc.tls.allowed_sans",
                    "grpc.tokens",
                    "http.listen",
                    "http.future.one",
                    "webhooks[a].name",
                    "webhooks[a].public_keys",
                    "webhooks[a].bearer_sha256",
                    "webhooks[b].name",
                    "webhooks[b].public_keys"};
  for (const char* text :
       {"", "\n", "# nothing\n", "~", "null\n", "{}",
        "grpc:\nhttp:\nwebhooks:\n", "grpc: {}\nhttp: ~\nwebhooks: []\n"}) {
    EXPECT_EQ(RemovedKeys(kFull, text), all) << text;
  }
}

// A section may stand for a list of itself, and the other way round.
TEST(RemovedKeys, SeeThroughASectionInPlaceOfAList) {
  const std::string one =
      "webhooks: [{name: a, jwt: {issuer: i, audience: x}}]";
  const std::string list =
      "webhooks: [{name: a, jwt: [{issuer: i, audience: x}]}]";
  EXPECT_EQ(RemovedKeys(one, list), Keys());
  EXPECT_EQ(RemovedKeys(list, one), Keys());
  EXPECT_EQ(RemovedKeys(list, "webhooks: [{name: a, jwt: {issuer: i}}]"),
            Keys({"webhooks[a].jwt[].audience"}));
  EXPECT_EQ(RemovedKeys(one, "webhooks: [{name: a, jwt: [{issuer: i}]}]"),
            Keys({"webhooks[a].jwt[].audience"}));
  EXPECT_EQ(RemovedKeys(one, "webhooks: [{name: a, jwt: []}]"),
            Keys({"webhooks[a].jwt.issuer", "webhooks[a].jwt.audience"}));
}

TEST(RemovedKeys, AreNoneWhereNothingStood) {
  EXPECT_EQ(RemovedKeys("", kFull), Keys());
  EXPECT_EQ(RemovedKeys(kFull, kFull), Keys());
  EXPECT_EQ(RemovedKeys("grpc:\nhttp: {tls: }\n", ""), Keys());
  // Said on purpose, and the default would open a listener.
  EXPECT_EQ(RemovedKeys("http: {listen: []}\n", ""), Keys({"http.listen"}));
  EXPECT_EQ(RemovedKeys("http: {listen: []}\n", "http: {listen: []}\n"),
            Keys());
}

TEST(RemovedParts, AreWhatRunsAndTheFileLacks) {
  Config before;
  before.grpc.listen = {"127.0.0.1:1", "unix:/s"};
  before.sources.resize(2);
  before.sources[0].name = "a";
  before.sources[1].name = "b";
  EXPECT_EQ(RemovedParts(before, before), Keys());
  Config now = before;
  now.grpc.listen = {"127.0.0.1:1", "127.0.0.1:2"};
  now.http.listen = {};
  now.admin.listen = {"127.0.0.1:3"};
  now.webhooks[0].name = "other";
  now.sources.erase(now.sources.begin());
  EXPECT_EQ(RemovedParts(before, now),
            Keys({"grpc.listen[unix:/s]", "http.listen[127.0.0.1:8080]",
                  "admin.listen[127.0.0.1:8081]", "webhooks[default]",
                  "sources[a]"}));
}

TEST(CoversKey, TakesTheKeyAndThoseBelow) {
  const struct {
    const char *allowed, *part;
    bool covers;
  } kCases[] = {
      {"sources[a]", "sources[a]", true},
      {"sources.a", "sources[a]", true},
      {"sources", "sources[a]", true},
      {"grpc.tls", "grpc.tls.client_ca", true},
      {"http.listen", "http.listen[127.0.0.1:8080]", true},
      {"http.listen[127.0.0.1:8080]", "http.listen[127.0.0.1:8080]", true},
      {"webhooks[a]", "webhooks[a].public_keys", true},
      {"sources[a]", "sources[ab]", false},
      {"grpc.t", "grpc.tls", false},
      {"sources[a]", "sources", false},
      {"", "sources", false},
  };
  for (const auto& each : kCases) {
    EXPECT_EQ(CoversKey(each.allowed, each.part), each.covers)
        << each.allowed << " " << each.part;
  }
}

TEST(EndsInsideALineOf, SeesAValueThatIsCut) {
  constexpr char kText[] = "grpc:\n  allowed_sans:\n    - api.example.com\n";
  EXPECT_TRUE(
      EndsInsideALineOf(kText, "grpc:\n  allowed_sans:\n    - api.example.co"));
  EXPECT_TRUE(EndsInsideALineOf(kText, "http: {}\n    - api.ex"));
  EXPECT_FALSE(EndsInsideALineOf(kText, kText));
  EXPECT_FALSE(EndsInsideALineOf(kText, ""));
  EXPECT_FALSE(EndsInsideALineOf(kText, "grpc:\n    "));
  EXPECT_FALSE(EndsInsideALineOf(kText, "grpc:\n    - other.example.com"));
  // Only the line break is missing.
  EXPECT_FALSE(EndsInsideALineOf(
      kText, "grpc:\n  allowed_sans:\n    - api.example.com"));
  // A file without a last line break is somebody's habit.
  EXPECT_FALSE(EndsInsideALineOf("drain: {grace: 10s}", "drain: {grace: 1"));
}

// The whole promise: a beginning of a file either takes nothing away from whom
// the listeners ask what, or is refused.
TEST(RemovedKeys, LeaveNoBeginningOfAFileThatAsksLess) {
  constexpr char kFile[] = R"(webhooks:
  - name: default
    bearer_sha256:
      - 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
  - name: other
    basic_sha256:
      - 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
    replay_window: 10m
grpc:
  listen: ["127.0.0.1:50051"]
  tokens:
    - sha256: 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
      roles: [transform]
    - sha256: 3cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
      roles: [admin]
  tls:
    cert: /c
    key: /k
    client_ca: /ca
    allowed_sans:
      - api.example.com
      - "spiffe://example.com/api"
sources:
  - {name: s, receiver: file, path: t}
  - {name: t, receiver: file, path: u}
)";
  const std::string whole = kFile;
  const Environment environment = FakeEnvironment();
  const auto full = LoadText(whole, "whole", environment);
  ASSERT_TRUE(full.ok()) << full.status();
  int taken = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const std::string cut = whole.substr(0, size);
    const auto config = LoadText(cut, "cut", environment);
    if (!config.ok() || EndsInsideALineOf(whole, cut) ||
        !RemovedKeys(whole, cut).empty() ||
        !RemovedParts(*full, *config).empty()) {
      continue;
    }
    ++taken;
    EXPECT_EQ(config->webhooks, full->webhooks) << size;
    EXPECT_EQ(config->grpc, full->grpc) << size;
  }
  // Without the last line break it is the same file.
  EXPECT_EQ(taken, 1);
}

}  // namespace
}  // namespace segrid::config
