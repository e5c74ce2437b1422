// Checks properties of the source tree itself: layers, sizes, names, and that
// nothing is left lying about.

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"

namespace segrid::tidy {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLines = 700;
constexpr int kMaxLinesOfMain = 80;
constexpr std::array kTops = {"core", "server", "client", "tests", "bench"};

// Tables may be long: one row more is not one thought more.
constexpr std::array kTables = {"core/catalog/catalog.h",
                                "tests/conformance/documents.py"};

struct SourceFile {
  std::string name;    // From the root, "core/base/clock.h".
  std::string folder;  // "core/base".
  std::vector<std::string> lines;

  bool Is(std::string_view extension) const {
    return name.ends_with(extension);
  }
  bool IsCpp() const { return Is(".h") || Is(".cc"); }
  std::string Place(std::size_t index) const {
    return name + ":" + std::to_string(index + 1) + ": ";
  }
};

fs::path Root() { return SEGRID_SOURCE_DIR; }

std::vector<std::string> ReadLines(const fs::path& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

// Every file of ours that is written by hand in C++, Python or CMake.
std::vector<SourceFile> Sources() {
  std::vector<SourceFile> sources;
  for (const char* top : kTops) {
    fs::recursive_directory_iterator walk(Root() / top);
    for (const auto& entry : walk) {
      const fs::path& path = entry.path();
      const bool fetched = path.filename() == "node_modules";
      if (fetched) walk.disable_recursion_pending();
      const std::string extension = path.extension().string();
      if (fetched ||
          (extension != ".h" && extension != ".cc" && extension != ".py" &&
           path.filename() != "CMakeLists.txt"))
        continue;
      const fs::path relative = fs::relative(path, Root());
      sources.push_back({relative.string(), relative.parent_path().string(),
                         ReadLines(path)});
    }
  }
  return sources;
}

// The path in `#include "..."` when it is ours, with generated headers of
// proto/ as "proto/...".
std::optional<std::string> OurInclude(const std::string& line) {
  static const std::regex kInclude(
      R"re(^\s*#\s*include\s*["<]([^">]+)[">].*)re");
  std::smatch match;
  if (!std::regex_match(line, match, kInclude)) return std::nullopt;
  const std::string path = match[1];
  if (path.ends_with(".pb.h") && path.starts_with("segrid/"))
    return "proto/" + path;
  const std::string top = path.substr(0, path.find('/'));
  if (std::find(kTops.begin(), kTops.end(), top) == kTops.end())
    return std::nullopt;
  return path;
}

std::string ParentOf(const std::string& path) {
  return fs::path(path).parent_path().string();
}

// The rules of layers.txt.
class Layers {
 public:
  Layers() {
    for (const auto& line : ReadLines(Root() / "tests/tidy/layers.txt")) {
      const auto colon = line.find(':');
      if (line.starts_with('#') || colon == std::string::npos) continue;
      std::istringstream rest(line.substr(colon + 1));
      auto& allowed = allowed_[line.substr(0, colon)];
      for (std::string word; rest >> word;) allowed.push_back(word);
    }
  }

  // What `folder` may include, or null when no line speaks of it.
  const std::vector<std::string>* Find(const std::string& folder) const {
    if (const auto own = allowed_.find(folder); own != allowed_.end())
      return &own->second;
    for (auto at = ParentOf(folder); !at.empty(); at = ParentOf(at)) {
      const auto above = allowed_.find(at + "/*");
      if (above != allowed_.end()) return &above->second;
    }
    return nullptr;
  }

  static bool Allows(const std::vector<std::string>& words,
                     const std::string& include) {
    return std::any_of(words.begin(), words.end(), [&](std::string word) {
      if (word == include || word == ParentOf(include)) return true;
      if (word == "proto") word = "proto/*";
      return word.ends_with("/*") &&
             include.starts_with(word.substr(0, word.size() - 1));
    });
  }

 private:
  std::map<std::string, std::vector<std::string>> allowed_;
};

TEST(Tidy, EveryIncludeKeepsToItsLayer) {
  const Layers layers;
  for (const SourceFile& file : Sources()) {
    if (!file.IsCpp()) continue;
    const auto* allowed = layers.Find(file.folder);
    ASSERT_NE(allowed, nullptr) << file.folder << ": add it to layers.txt";
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const auto include = OurInclude(file.lines[i]);
      if (!include || ParentOf(*include) == file.folder) continue;
      EXPECT_TRUE(Layers::Allows(*allowed, *include))
          << file.Place(i) << file.folder << " may not include " << *include;
    }
  }
}

TEST(Tidy, LayersDoNotLeak) {
  EXPECT_FALSE(Layers::Allows({"core/queue/queue.h"}, "core/queue/memory.h"));
  EXPECT_FALSE(Layers::Allows({"core/queue"}, "core/queue/memory/store.h"));
  EXPECT_FALSE(Layers::Allows({"core/*"}, "server/app/app.h"));
  EXPECT_TRUE(Layers::Allows({"core/*"}, "core/queue/memory/store.h"));
  EXPECT_TRUE(Layers::Allows({"proto"}, "proto/segrid/v1/bridge.pb.h"));
}

TEST(Tidy, CoreKnowsNeitherGrpcNorProtobuf) {
  const std::regex foreign(
      R"re(^\s*#\s*include\s*["<](grpc|google/protobuf).*)re");
  for (const SourceFile& file : Sources()) {
    if (!file.IsCpp() || !file.name.starts_with("core/")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      EXPECT_FALSE(std::regex_match(file.lines[i], foreign)) << file.Place(i);
  }
}

TEST(Tidy, EveryFileIsShort) {
  for (const SourceFile& file : Sources()) {
    if (std::find(kTables.begin(), kTables.end(), file.name) != kTables.end())
      continue;
    const bool is_main = file.name.ends_with("/main.cc");
    EXPECT_LE(std::ssize(file.lines), is_main ? kMaxLinesOfMain : kMaxLines)
        << file.name << ": split this file";
  }
}

TEST(Tidy, NamesSayTheJob) {
  const std::regex empty_words(
      "(^|.*[/_.])(util|utils|common|helper|helpers|manager|impl|misc)([/"
      "_.].*|$)");
  for (const SourceFile& file : Sources())
    EXPECT_FALSE(std::regex_match(file.name, empty_words))
        << file.name << ": name it after its job";
}

TEST(Tidy, EveryHeaderSaysWhatItIsFor) {
  for (const SourceFile& file : Sources()) {
    if (!file.Is(".h")) continue;
    ASSERT_FALSE(file.lines.empty()) << file.name;
    EXPECT_TRUE(file.lines[0].starts_with("//"))
        << file.name << ": begin with a comment";
    EXPECT_TRUE(std::find(file.lines.begin(), file.lines.end(),
                          "#pragma once") != file.lines.end())
        << file.name;
  }
}

void ExpectNowhere(const std::vector<SourceFile>& sources,
                   const std::regex& pattern, const char* advice) {
  for (const SourceFile& file : sources) {
    for (std::size_t i = 0; i < file.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(file.lines[i], pattern))
          << file.Place(i) << advice;
  }
}

TEST(Tidy, NoTestSleeps) {
  std::vector<SourceFile> tests = Sources();
  std::erase_if(tests, [](const SourceFile& file) {
    return !file.name.starts_with("tests/");
  });
  // The words are put together so that this file does not find itself.
  ExpectNowhere(tests,
                std::regex("sleep_"
                           "for|sleep_"
                           "until|Sleep"
                           "For|u"
                           "sleep\\(|time\\.sl"
                           "eep"),
                "wait for the event itself, or use the fake clock");
}

TEST(Tidy, NothingIsLeftUnfinished) {
  ExpectNowhere(Sources(),
                std::regex("TO"
                           "DO|FIX"
                           "ME|\\bX"
                           "XX\\b|not "
                           "implemented"),
                "do it now, or file an issue");
}

// The documents of core, server and client, which people read besides their
// sources.
std::vector<SourceFile> Documents() {
  std::vector<SourceFile> documents{
      {"README.md", "", ReadLines(Root() / "README.md")}};
  for (const char* top : {"core", "server", "client", "docs", "proto"}) {
    fs::recursive_directory_iterator walk(Root() / top);
    for (const auto& entry : walk) {
      const fs::path& path = entry.path();
      // Packages of others, and the copy that is packed.
      if (path.filename() == "node_modules" ||
          path.parent_path() == Root() / "client/node")
        walk.disable_recursion_pending();
      constexpr std::array kKinds = {".md",   ".proto",   ".json",
                                     ".yaml", ".service", ".socket"};
      if (!entry.is_regular_file() ||
          std::find(kKinds.begin(), kKinds.end(), path.extension().string()) ==
              kKinds.end())
        continue;
      const fs::path relative = fs::relative(path, Root());
      documents.push_back({relative.string(), relative.parent_path().string(),
                           ReadLines(path)});
    }
  }
  return documents;
}

TEST(Tidy, WordsAreTheFieldsOwn) {
  std::vector<SourceFile> files = Sources();
  std::erase_if(files, [](const SourceFile& file) {
    return file.name.starts_with("tests/") || file.name.starts_with("bench/");
  });
  for (SourceFile& document : Documents()) files.push_back(std::move(document));
  ASSERT_GT(files.size(), 500U);
  ExpectNowhere(files,
                std::regex("\\b(door|mend|gives up|comes again|bury|sift|"
                           "salvage|stranger|twin|wish|utter|janitor|"
                           "in disguise)\\b",
                           std::regex::icase),
                "say listener, fix, drops, is configured again, dead-letter, "
                "recovery, untrusted peer, duplicate, request, compactor");
}

// The text of the nearest CMakeLists.txt at or above `folder`.
std::string BuildFileOf(const std::string& folder) {
  for (std::string at = folder; !at.empty(); at = ParentOf(at)) {
    const fs::path path = Root() / at / "CMakeLists.txt";
    if (!fs::exists(path)) continue;
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  return "";
}

// How a CMakeLists.txt names a file: by its name, or a fuzz target by its job.
std::string NameInBuildFile(const SourceFile& file) {
  constexpr std::string_view kTarget = "_target.cc";
  const std::string leaf = fs::path(file.name).filename().string();
  if (!leaf.ends_with(kTarget)) return leaf;
  return leaf.substr(0, leaf.size() - kTarget.size());
}

TEST(Tidy, EverySourceIsBuilt) {
  for (const SourceFile& file : Sources()) {
    // Headers of core are named, too: only then are they compiled alone.
    const bool named =
        file.Is(".cc") || (file.Is(".h") && file.name.starts_with("core/"));
    if (!named) continue;
    const std::string name =
        std::regex_replace(NameInBuildFile(file), std::regex("\\."), "\\.");
    const std::regex word("(^|[\\s(/\"])" + name + "($|[\\s)\"])");
    EXPECT_TRUE(std::regex_search(BuildFileOf(file.folder), word))
        << file.name << ": no CMakeLists.txt names it";
  }
}

// The lines of a test of gtest from `begin` to its end; empty where none
// begins.
std::vector<std::string> TestAt(const SourceFile& file, std::size_t begin) {
  static const std::regex kBegin(R"re(^(TYPED_)?TEST(_[FP])?\(.*)re");
  std::vector<std::string> lines;
  if (!std::regex_match(file.lines[begin], kBegin)) return lines;
  for (std::size_t i = begin; i < file.lines.size(); ++i) {
    lines.push_back(file.lines[i]);
    const bool is_one_line = i == begin && file.lines[i].ends_with("}");
    if (is_one_line || file.lines[i].starts_with("}")) break;
  }
  return lines;
}

// A test can fail: it asserts, or calls a function that says so in its name.
bool CanFail(const std::vector<std::string>& test) {
  static const std::regex kAsserts(
      R"re(\b(EXPECT_\w+|ASSERT_\w+|ADD_FAILURE|FAIL)\(|\bExpect\w+\()re");
  return std::any_of(test.begin(), test.end(), [](const std::string& line) {
    return std::regex_search(line, kAsserts);
  });
}

TEST(Tidy, EachTestAssertsOrSaysThatItLooksForAHang) {
  for (const SourceFile& file : Sources()) {
    if (!file.IsCpp() || !file.name.starts_with("tests/")) continue;
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::vector<std::string> test = TestAt(file, i);
      if (test.empty()) continue;
      const bool looks_for_a_hang =
          test.front().find("DoesNotHang") != std::string::npos;
      EXPECT_TRUE(looks_for_a_hang || CanFail(test))
          << file.Place(i)
          << "assert here, call a function named Expect…, or name the test …"
             "DoesNotHang…";
    }
  }
}

TEST(Tidy, KnowsATestThatCannotFail) {
  const SourceFile file = {
      .name = "",
      .folder = "",
      .lines = {"TEST(A, CallsOnly) {", "  Call();", "}",
                "TEST(A, AssertsInALine) { EXPECT_X(1); }",
                "TYPED_TEST_P(A, Asks) {", "  ExpectGood(1);", "}"}};
  EXPECT_FALSE(CanFail(TestAt(file, 0)));
  EXPECT_EQ(TestAt(file, 0).size(), 3u);
  EXPECT_TRUE(TestAt(file, 1).empty());
  EXPECT_TRUE(CanFail(TestAt(file, 3)));
  EXPECT_EQ(TestAt(file, 3).size(), 1u);
  EXPECT_TRUE(CanFail(TestAt(file, 4)));
}

}  // namespace
}  // namespace segrid::tidy
