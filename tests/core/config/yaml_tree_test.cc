#include "core/config/yaml_tree.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace segrid::config {
namespace {

using ::testing::HasSubstr;

std::string ProblemOf(const std::string& text) {
  Problems problems("f");
  ParseYaml(text, problems);
  return std::string(problems.ToStatus().message());
}

std::string Repeat(const std::string& part, std::size_t bytes) {
  std::string out;
  while (out.size() + part.size() <= bytes) out += part;
  return out;
}

TEST(YamlTree, RemembersWherePartsStood) {
  Problems problems("f");
  const auto root =
      ParseYaml("a: 1\nb:\n  - \"x\"\n  - {c: é, d: 2}\ne:\n", problems);
  ASSERT_TRUE(root.has_value()) << problems.ToStatus();
  ASSERT_EQ(root->entries.size(), 3u);
  EXPECT_EQ(root->entries[0].position, (Position{1, 1}));
  EXPECT_EQ(root->entries[0].value.position, (Position{1, 4}));
  EXPECT_FALSE(root->entries[0].value.quoted);
  const Node& list = root->entries[1].value;
  EXPECT_EQ(list.position, (Position{3, 3}));
  ASSERT_EQ(list.items.size(), 2u);
  EXPECT_TRUE(list.items[0].quoted);
  ASSERT_EQ(list.items[1].entries.size(), 2u);
  EXPECT_EQ(list.items[1].entries[1].position, (Position{4, 12}));
  EXPECT_EQ(root->entries[2].value.kind, Node::Kind::kNull);
  EXPECT_EQ(root->entries[2].value.position, (Position{5, 1}));
}

TEST(YamlTree, GivesNullForNothing) {
  for (const std::string text : {"", "\n", "# only this\n", "---\n", "~"}) {
    Problems problems("f");
    const auto root = ParseYaml(text, problems);
    ASSERT_TRUE(root.has_value()) << text;
    EXPECT_EQ(root->kind, Node::Kind::kNull) << text;
    EXPECT_TRUE(problems.ToStatus().ok()) << problems.ToStatus();
  }
}

struct Case {
  std::string name;
  std::string text;
  std::string want;
};

// clang-format off
std::vector<Case> Cases() {
  const std::string check = "; check indentation, quotes and brackets here and just above";
  const std::string aliases = "YAML anchors and aliases (&name, *name) are not supported; write the value out, or quote it";
  return {
      {"OpenList", "a: [1\nb: 2\n", "f:2:2: not valid YAML: end of sequence flow not found" + check},
      {"OpenQuote", "a: \"b\n", "f:2:1: not valid YAML: a quoted text is still open here; close it with the quote it began with"},
      {"BadIndent", "a:\n  b: 1\n c: 2\n", "f:3:2: not valid YAML: end of map not found" + check},
      {"TabIndent", "a:\n\tb: 1\n", "f:2:3: not valid YAML: illegal map value" + check},
      {"BadEscape", "a: \"\\q\"", "f:1:7: not valid YAML: unknown escape character" + check},
      {"ColonInValue", "a: b: c", "f:1:5: not valid YAML: illegal map value" + check},
      {"Alias", "a: &x 1\nb: *x\n", "f:1:4: a: " + aliases + "\nf:2:4: b: " + aliases},
      {"UnknownAlias", "a: *x\n", "f:1:4: " + aliases},
      {"MergeKey", "a: &x {b: 1}\nc: {<<: *x}\n", "f:1:4: a: " + aliases + "\nf:2:9: c.…: " + aliases},
      {"Tag", "a: !!str 1\n", "f:1:4: a: YAML tags (!name) are not supported; quote the value"},
      {"SecondDocument", "a: 1\n---\nb: 2\n", "f:2:1: a second document or text after the end of the first; keep one document"},
      {"TextAfterTheEnd", "[a]\nb: 2\n", "f:2:1: a second document or text after the end of the first; keep one document"},
      {"EndMarkByte", "a: 1\n\x04\nb: 2\n", "f:2:1: a control character; remove it"},
      {"ZeroByte", std::string("a: \0", 4), "f:1:4: a control character; remove it"},
      {"LoneCarriageReturn", "a: 1\rb: 2", "f:1:5: a control character; remove it"},
      {"Latin1", "a: \xE9\n", "f:1:4: not UTF-8; save the file as UTF-8"},
      {"Overlong", "é: \xC0\x80", "f:1:4: not UTF-8; save the file as UTF-8"},
      {"Surrogate", "\xED\xA0\x80", "f:1:1: not UTF-8; save the file as UTF-8"},
      {"Utf16", std::string("\xFF\xFE" "a\0", 4), "f:1:1: not UTF-8; save the file as UTF-8"},
      {"CutShort", "ab\xE2\x82", "f:1:3: not UTF-8; save the file as UTF-8"},
  };
}
// clang-format on

class YamlProblemTest : public ::testing::TestWithParam<Case> {};

TEST_P(YamlProblemTest, HasPlaceAndWords) {
  EXPECT_EQ(ProblemOf(GetParam().text), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(Cases, YamlProblemTest, ::testing::ValuesIn(Cases()),
                         [](const auto& row) { return row.param.name; });

TEST(YamlTree, NestsSixteenDeepAndNoDeeper) {
  EXPECT_EQ(ProblemOf(Repeat("[", 16) + Repeat("]", 16)), "");
  EXPECT_EQ(ProblemOf(Repeat("[", 17) + Repeat("]", 17)),
            "f:1:17: nested deeper than 16 levels; no key needs that");
}

// Each of these took minutes, gigabytes or the stack in some YAML reader; the
// test's time-out is the limit. What matters is that there is an end.
TEST(YamlTree, SurvivesHostileFiles) {
  constexpr std::size_t kBytes = kMaxFileBytes - 16;
  for (const std::string& text : std::vector<std::string>{
           Repeat("[", kBytes), Repeat("{", kBytes), Repeat("- ", kBytes),
           Repeat("? ", kBytes), Repeat(": ", kBytes), Repeat("\n", kBytes),
           absl::StrCat("[", Repeat("a,", kBytes), "]"),
           absl::StrCat("{", Repeat("a: 1,", kBytes)),
           absl::StrCat("- &a x\n", Repeat("- *a\n", kBytes)),
           Repeat("&a ", kBytes), Repeat("a: 1\n", kBytes), Repeat("!", kBytes),
           Repeat("a", kBytes)}) {
    Problems problems("f");
    ParseYaml(text, problems);
    EXPECT_LT(problems.ToStatus().message().size(), 50'000u);
  }
}

}  // namespace
}  // namespace segrid::config
