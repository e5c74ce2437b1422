#include "server/http/body_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace segrid::httpd {
namespace {

using Status = BodyReader::Status;

class BodyReaderTest : public ::testing::Test {
 protected:
  void Begin(std::optional<std::uint64_t> length) {
    body_.Begin(length,
                {.max_body_bytes = 1 << 20,
                 .max_line_bytes = 1'000,
                 .max_trailer_bytes = 1'000,
                 .max_trailers = 8},
                false, absl::ZeroDuration());
    ASSERT_TRUE(body_.Reserve(absl::ZeroDuration()));
  }

  // As a connection does: by Feed what is there, to their place what comes.
  Status Come(std::string_view bytes) {
    std::string none;
    Status status = body_.Feed(none);
    while (!bytes.empty() || status == Status::kNoRoom) {
      if (status == Status::kNoRoom) {
        EXPECT_TRUE(body_.Reserve(absl::ZeroDuration()));
      }
      const std::span<char> room = body_.room();
      const std::size_t count = std::min(room.size(), bytes.size());
      std::copy_n(bytes.begin(), count, room.begin());
      body_.Took(count);
      bytes.remove_prefix(count);
      status = body_.Feed(none);
      if (status == Status::kDone) break;
    }
    return status;
  }

  const Options options_;
  budget::ByteBudget budget_{10 << 20};
  BodyRoom room_{options_, budget_};
  BodyReader body_{room_};
};

std::string Text(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i % 251);
  return text;
}

TEST_F(BodyReaderTest, PutsTogetherWhatIsFedAndWhatComesToItsPlace) {
  for (const std::size_t size : {1u, 100u, 16'384u, 16'385u, 100'000u}) {
    for (const std::size_t fed : {0u, 1u, 5'000u}) {
      const std::string text = Text(size);
      Begin(size);
      std::string first = text.substr(0, std::min(fed, size));
      Status status = body_.Feed(first);
      EXPECT_EQ(first, "");
      if (status != Status::kDone) {
        status = Come(std::string_view(text).substr(std::min(fed, size)));
      }
      EXPECT_EQ(status, Status::kDone) << size << " " << fed;
      EXPECT_EQ(body_.body(), text) << size << " " << fed;
      EXPECT_TRUE(body_.room().empty());
      body_.Release();
    }
  }
}

TEST_F(BodyReaderTest, LeavesTheNextRequestInTheBuffer) {
  Begin(4);
  std::string bytes = "bodyPOST /";
  EXPECT_EQ(body_.Feed(bytes), Status::kDone);
  EXPECT_EQ(bytes, "POST /");
  EXPECT_EQ(body_.body(), "body");
}

TEST_F(BodyReaderTest, HasNoPlaceForChunksOrWhenItIsGone) {
  Begin(std::nullopt);
  EXPECT_TRUE(body_.room().empty());
  std::string bytes = "4\r\nbody\r\n0\r\n\r\n";
  EXPECT_EQ(body_.Feed(bytes), Status::kDone);
  EXPECT_EQ(body_.body(), "body");
  body_.Release();
  Begin(100);
  EXPECT_EQ(body_.room().size(), 100u);
  body_.Release();
  EXPECT_TRUE(body_.room().empty());
  EXPECT_EQ(body_.body(), "");
}

TEST_F(BodyReaderTest, CountsWhatIsLeft) {
  Begin(50'000);
  EXPECT_EQ(body_.left_bytes(), 50'000u);
  EXPECT_EQ(Come(Text(20'000)), Status::kMore);
  EXPECT_EQ(body_.left_bytes(), 30'000u);
}

}  // namespace
}  // namespace segrid::httpd
