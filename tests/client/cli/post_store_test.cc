#include "client/cli/post_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/client/scratch_dir.h"

namespace segrid::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

const absl::Time kNow = absl::FromUnixMillis(1'591'726'752'250);

std::string ReadAll(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

std::vector<std::string> FilesIn(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

Post AnyPost(std::string body) {
  return {.method = "POST",
          .target = "/../../etc/passwd",
          .headers = {{"Content-Type", "a"}, {"X-Name", "../b"}},
          .body = std::move(body)};
}

TEST(PostStore, KeepsBytesAndHeadersUnderNamesOfItsOwn) {
  const tests::ScratchDir dir;
  const std::string folder = dir.Path("posts");
  Result<PostStore> store = PostStore::Open(folder, {});
  ASSERT_TRUE(store.ok()) << store.error();
  const std::string body("\0\xff\r\n{", 5);
  const auto path = store->Save(AnyPost(body), kNow);
  ASSERT_TRUE(path.ok()) << path.error();
  EXPECT_EQ(*path, folder + "/20200609T181912.250Z-000001.body");
  EXPECT_EQ(ReadAll(*path), body);
  EXPECT_EQ(ReadAll(folder + "/20200609T181912.250Z-000001.headers"),
            "POST /../../etc/passwd\nContent-Type: a\nX-Name: ../b\n");
  struct stat about {};
  ASSERT_EQ(stat(path->c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0600U);
  ASSERT_EQ(stat(folder.c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777U, 0700U);
}

TEST(PostStore, WritesOverNothing) {
  const tests::ScratchDir dir;
  for (const char* body : {"first", "second"}) {
    Result<PostStore> store = PostStore::Open(dir.Path("posts"), {});
    ASSERT_TRUE(store.ok());
    ASSERT_TRUE(store->Save(AnyPost(body), kNow).ok());
  }
  std::filesystem::create_symlink(
      dir.Path("outside"), dir.Path("posts/20200609T181912.250Z-000003.body"));
  Result<PostStore> store = PostStore::Open(dir.Path("posts"), {});
  EXPECT_EQ(ReadAll(*store->Save(AnyPost("third"), kNow)), "third");
  EXPECT_FALSE(std::filesystem::exists(dir.Path("outside")));
  EXPECT_EQ(ReadAll(dir.Path("posts/20200609T181912.250Z-000001.body")),
            "first");
  EXPECT_EQ(ReadAll(dir.Path("posts/20200609T181912.250Z-000002.body")),
            "second");
}

TEST(PostStore, BoundsWhatItKeeps) {
  const tests::ScratchDir dir;
  Result<PostStore> few = PostStore::Open(dir.Path("few"), {.max_posts = 2});
  EXPECT_TRUE(few->Save(AnyPost("1"), kNow).ok());
  EXPECT_TRUE(few->Save(AnyPost("2"), kNow).ok());
  const auto third = few->Save(AnyPost("3"), kNow);
  ASSERT_FALSE(third.ok());
  EXPECT_THAT(third.error().message, HasSubstr("no more are kept"));
  EXPECT_THAT(FilesIn(dir.Path("few")), SizeIs(4));
  Result<PostStore> small =
      PostStore::Open(dir.Path("small"), {.max_bytes = 1'000});
  EXPECT_FALSE(small->Save(AnyPost(std::string(1'000, 'x')), kNow).ok());
  EXPECT_TRUE(small->Save(AnyPost(std::string(500, 'x')), kNow).ok());
  EXPECT_FALSE(small->Save(AnyPost(std::string(500, 'x')), kNow).ok());
}

TEST(PostStore, SaysWhyAFolderCannotBeUsed) {
  const tests::ScratchDir dir;
  const auto file = PostStore::Open(dir.Write("file", ""), {});
  ASSERT_FALSE(file.ok());
  EXPECT_THAT(file.error().message, HasSubstr("cannot be used"));
  EXPECT_FALSE(PostStore::Open(dir.Path("a/b"), {}).ok());
}

}  // namespace
}  // namespace segrid::cli
