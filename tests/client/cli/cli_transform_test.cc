// `segrid transform` without a server. That its Tracks are right is tested by
// tests/e2e and tests/golden; here: forms, counts, exit codes, bounds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "core/base/version.h"
#include "core/http/gzip.h"
#include "tests/client/cli/program.h"
#include "tests/client/cli/terminal.h"
#include "tests/client/scratch_dir.h"

namespace segrid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

// One of each outcome.
constexpr const char* kBody =
    R"([{"email":"Ada@Example.com","timestamp":1591726752,"event":"click",)"
    R"("sg_event_id":"c2VnLWV2ZW50LWlk","url":"https://example.com/{a}?b=\"1",)"
    R"("asm_group_id":"42","tls":7,"ip":"203.0.113.9"},)"
    R"({"event":"deferred","email":"a@b.c","timestamp":1},{"event":"open"}])";

std::string Track() {
  return R"({"type":"track","messageId":"c2VnLWV2ZW50LWlk","anonymousId":)"
         R"("b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72",)"
         R"("event":"Email Link Clicked","timestamp":"2020-06-09T18:19:12.000Z",)"
         R"("properties":{"unsubscribe_group_id":42,)"
         R"("link_url":"https://example.com/{a}?b=\"1"},)"
         R"("context":{"library":{"name":"segrid","version":")" +
         std::string(base::kVersion) +
         R"("},"traits":{"email":"Ada@Example.com","ip":"203.0.113.9"}}})";
}

TEST(SegridTransform, PrintsATrackPerLine) {
  const Ran ran = RunSegrid({"transform"}, {.input = kBody});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(Lines(ran.out), ElementsAre(Track()));
  EXPECT_THAT(Lines(ran.err), SizeIs(1));
  EXPECT_THAT(ran.err,
              StartsWith("events=3 tracks=1 skipped=1 rejected=1 coerced="));
}

TEST(SegridTransform, PrintsALinePerEvent) {
  const Ran ran =
      RunSegrid({"transform", "-", "--format", "outcomes"}, {.input = kBody});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(Lines(ran.out),
              ElementsAre(R"({"index":0,"track":)" + Track() + "}",
                          R"({"index":1,"skipped":"EVENT_NOT_SELECTED"})",
                          R"({"index":2,"rejected":"MISSING_EMAIL"})"));
}

TEST(SegridTransform, PrintsTheBatch) {
  const Ran ran =
      RunSegrid({"transform", "--format", "batch"}, {.input = kBody});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out, R"({"batch":[)" + Track() + "]}\n");
}

TEST(SegridTransform, CountsInJsonWhenAsked) {
  const Ran ran = RunSegrid({"transform", "--json"}, {.input = kBody});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(Lines(ran.out), ElementsAre(Track()));
  EXPECT_EQ(ran.err,
            "{\"events\":3,\"tracks\":1,\"skipped\":1,\"rejected\":1,"
            "\"coerced\":1,\"dropped\":0}\n");
}

TEST(SegridTransform, TakesEventsInEveryForm) {
  const std::string event =
      R"({"event":"open","email":"ada@example.com","timestamp":1591726752})";
  const std::string array = "[" + event + "," + event + "]";
  const std::string plain = RunSegrid({"transform"}, {.input = array}).out;
  ASSERT_THAT(Lines(plain), SizeIs(2));
  const std::string mark = "\xEF\xBB\xBF";
  for (const std::string& body :
       {event + event, event + "\r\n\r\n" + event + "\r\n",
        "[" + event + "]\n[" + event + "]", mark + array,
        mark + event + "\n" + mark + event, *http::Gzip(array),
        *http::Gzip(event) + *http::Gzip(mark + event)}) {
    const Ran ran = RunSegrid({"transform"}, {.input = body});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_EQ(ran.out, plain);
  }
  const Ran one = RunSegrid({"transform"}, {.input = event});
  EXPECT_THAT(Lines(one.out), SizeIs(1));
}

// Data stays byte for byte in a file, and controls no terminal.
TEST(SegridTransform, ShowsEscapesOnATerminalOnly) {
  const std::string mail = "\xE2\x80\xAE@example.com";
  const std::string body =
      R"([{"event":"open","timestamp":1,"email":")" + mail + "\"}]";
  EXPECT_THAT(RunSegrid({"transform"}, {.input = body}).out, HasSubstr(mail));
  for (const char* format : {"tracks", "outcomes", "batch"}) {
    const tests::Terminal terminal;
    const Ran ran = RunSegrid({"transform", "--format", format},
                              {.input = body, .output_file = terminal.path()});
    EXPECT_EQ(ran.code, 0) << ran.err;
    EXPECT_THAT(terminal.Read(), HasSubstr("\\u202e@example.com")) << format;
  }
}

TEST(SegridTransform, SaysThatWhatIsPackedIsDamaged) {
  const Ran ran =
      RunSegrid({"transform"}, {.input = std::string("\x1f\x8b\x08\0", 4)});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("the gzip is cut off"));
}

TEST(SegridTransform, ReadsAFile) {
  const tests::ScratchDir dir;
  const Ran ran = RunSegrid({"transform", dir.Write("body.json", kBody)});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(Lines(ran.out), ElementsAre(Track()));
}

TEST(SegridTransform, IsDoneAtOnceWithAnEmptyArray) {
  const Ran ran =
      RunSegrid({"transform", "--format", "outcomes"}, {.input = " [ ]\r\n"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, IsEmpty());
  EXPECT_EQ(ran.err,
            "events=0 tracks=0 skipped=0 rejected=0 coerced=0 dropped=0\n");
}

TEST(SegridTransform, UsesTheSettingsOfASource) {
  const tests::ScratchDir dir;
  const std::string config = dir.Write("segrid.yaml", R"(
sources:
  - {name: other, receiver: file, path: other.ndjson}
  - {name: prod, receiver: file, path: prod.ndjson, events: [deferred]}
)");
  const Ran ran = RunSegrid({"transform", "--config", config, "--source",
                             "prod", "--format", "outcomes"},
                            {.input = kBody});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_EQ(lines[0], R"({"index":0,"skipped":"EVENT_NOT_SELECTED"})");
  EXPECT_THAT(lines[1], HasSubstr("\"event\":\"Email Deferred\""));

  const Ran unknown = RunSegrid(
      {"transform", "--config", config, "--source", "bogus"}, {.input = "[]"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(Lines(unknown.err), SizeIs(1));
  EXPECT_THAT(unknown.err, HasSubstr("no source 'bogus'"));
  EXPECT_THAT(unknown.err, HasSubstr("other, prod"));
}

TEST(SegridTransform, SaysAllThatIsWrongWithTheConfiguration) {
  const tests::ScratchDir dir;
  const std::string config = dir.Write(
      "bad.yaml", "bogus: 1\nsources: [{name: Prod, receiver: file}]\n");
  const Ran ran = RunSegrid(
      {"transform", "--config", config, "--source", "prod"}, {.input = "[]"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("bad.yaml:1:1: bogus"));
  EXPECT_THAT(ran.err, HasSubstr("bad.yaml:2:"));
  for (const std::string& line : Lines(ran.err)) {
    EXPECT_THAT(line, StartsWith("segrid: "));
  }
}

TEST(SegridTransform, EndsWithOneAndOneLineWhenTheBodyIsNoArray) {
  const std::string kDeep(100'000, '[');
  const struct {
    const char* name;
    std::string body;
    const char* says;
  } kCases[] = {
      {"empty", "", "is empty"},
      {"white space", " \r\n", "is empty"},
      {"text", "hello", "not JSON"},
      {"the second of two lines", "{}\n{\"event\" \"open\"}\n",
       "line 2, byte 3 (event 1): not JSON: a colon must follow the key, not a "
       "double quote (byte 12)"},
      {"null", "null", "not an array"},
      {"cut in an event", R"([{"event":"open")", "not JSON"},
      {"cut in a string", R"([{"event":"op)", "not JSON"},
      {"cut after a Track",
       std::string(kBody, std::string_view(kBody).rfind(']')), "not JSON"},
      {"no end", "[]\n[", "line 2: the array"},
      {"a comma at the end", "[{},]", "not JSON"},
      {"deep", kDeep, "1,024 levels"},
      {"invalid UTF-8", "[{\"event\":\xff}]", "UTF-8"},
      {"a control character", "[{\"event\":\"\x01\"}]", "control character"},
      {"NUL", std::string("[\0]", 3), "not JSON"},
  };
  for (const auto& test : kCases) {
    const Ran ran = RunSegrid({"transform"}, {.input = test.body});
    EXPECT_EQ(ran.code, 1) << test.name;
    EXPECT_THAT(ran.out, IsEmpty()) << test.name;
    EXPECT_THAT(Lines(ran.err), SizeIs(1)) << test.name;
    EXPECT_THAT(ran.err, StartsWith("segrid: standard input: ")) << test.name;
    EXPECT_THAT(ran.err, HasSubstr(test.says)) << test.name;
  }
}

TEST(SegridTransform, NamesTheFileThatCannotBeRead) {
  const tests::ScratchDir dir;
  const struct {
    std::string file;
    const char* says;
  } kCases[] = {{dir.Path("gone.json"), "No such file"},
                {dir.Path("."), "Is a directory"}};
  for (const auto& test : kCases) {
    const Ran ran = RunSegrid({"transform", test.file});
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(Lines(ran.err), SizeIs(1));
    EXPECT_THAT(ran.err, StartsWith("segrid: " + test.file));
    EXPECT_THAT(ran.err, HasSubstr(test.says));
  }
}

TEST(SegridTransform, RefusesABodyOverTheLimit) {
  const tests::ScratchDir dir;
  const std::string file = dir.Write("body.json", "[1,2]");
  EXPECT_EQ(RunSegrid({"transform", file, "--max-body", "5B"}).code, 0);
  for (const tests::RunOptions& options :
       {tests::RunOptions{.input = "[1,2]"}, tests::RunOptions{}}) {
    const std::string name = options.input.empty() ? file : "-";
    const Ran ran = RunSegrid({"transform", name, "--max-body", "4B"}, options);
    EXPECT_EQ(ran.code, 1);
    EXPECT_THAT(Lines(ran.err), SizeIs(1));
    EXPECT_THAT(ran.err, HasSubstr("over 4B"));
  }
}

TEST(SegridTransform, StopsReadingAnEndlessInput) {
  const Ran ran = RunSegrid({"transform", "--max-body", "16MiB"},
                            {.input_file = "/dev/zero"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err, HasSubstr("over 16MiB"));
}

TEST(SegridTransform, TakesMoreEventsThanACallMay) {
  std::string body = "[";
  constexpr int kEvents = 25'000;
  for (int i = 0; i < kEvents; ++i) {
    body += R"({"event":"open","email":"a@b.c","timestamp":1591726752},)";
  }
  body += "null]";
  const Ran ran =
      RunSegrid({"transform", "--format", "outcomes"}, {.input = body});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(Lines(ran.out), SizeIs(kEvents + 1));
  EXPECT_THAT(ran.err,
              StartsWith("events=25001 tracks=25000 skipped=0 rejected=1 "));
}

// The worst of bodies: the smallest elements, each with an issue.
TEST(SegridTransform, TakesASmallMultipleOfTheBodyInMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers need memory of their own";
#endif
  constexpr std::size_t kBodyBytes = 16 << 20;
  std::string body = "[0";
  while (body.size() < kBodyBytes) body += ",0";
  body += "]";
  const std::int64_t empty =
      RunSegrid({"transform"}, {.input = "[]"}).max_rss_bytes;
  const Ran ran = RunSegrid({"transform"}, {.input = body});
  EXPECT_EQ(ran.code, 0);
  EXPECT_LT(ran.max_rss_bytes - empty, std::int64_t{16} * kBodyBytes);
}

TEST(SegridTransform, SaysThatItCannotWrite) {
  const Ran ran =
      RunSegrid({"transform"}, {.input = kBody, .output_file = "/dev/full"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_EQ(ran.err, "segrid: cannot write the output\n");
}

}  // namespace
}  // namespace segrid
