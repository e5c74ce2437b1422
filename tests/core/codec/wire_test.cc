#include "core/codec/wire.h"

#include <limits>
#include <string>
#include <vector>

#include "google/protobuf/io/coded_stream.h"
#include "gtest/gtest.h"
#include "tests/testing/plain_json.h"
#include "tests/testing/random.h"

namespace segrid::codec {
namespace {

using google::protobuf::io::CodedOutputStream;
using testing::Random;
using namespace std::string_view_literals;

const std::vector<std::uint64_t>& Numbers() {
  static const auto& numbers = *[] {
    auto* all = new std::vector<std::uint64_t>{0};
    for (int bit = 0; bit < 64; ++bit) {
      const std::uint64_t power = std::uint64_t{1} << bit;
      all->insert(all->end(), {power - 1, power, power + 1});
    }
    all->push_back(std::numeric_limits<std::uint64_t>::max());
    return all;
  }();
  return numbers;
}

TEST(Wire, VarintsAreThoseOfProtobuf) {
  for (const std::uint64_t number : Numbers()) {
    std::uint8_t theirs[10];
    char ours[10];
    const auto size = static_cast<std::size_t>(
        CodedOutputStream::WriteVarint64ToArray(number, theirs) - theirs);
    const std::string_view written(
        ours, static_cast<std::size_t>(WriteVarint(ours, number) - ours));
    ASSERT_EQ(written,
              std::string_view(reinterpret_cast<const char*>(theirs), size));
    EXPECT_EQ(VarintSize(number), size) << number;
    WireReader reader(written);
    std::uint64_t read = 0;
    EXPECT_TRUE(reader.ReadVarint(read) && reader.done());
    EXPECT_EQ(read, number);
    for (std::size_t cut = 0; cut < size; ++cut) {
      WireReader short_reader(written.substr(0, cut));
      EXPECT_FALSE(short_reader.ReadVarint(read)) << number;
    }
  }
}

TEST(Wire, NumbersMayBeLongerThanTheyNeedBe) {
  std::uint64_t number = 0;
  WireReader ten("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv);
  EXPECT_TRUE(ten.ReadVarint(number) && ten.done());
  EXPECT_EQ(number, 1u);
  WireReader eleven("\x81\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00"sv);
  EXPECT_FALSE(eleven.ReadVarint(number));
}

TEST(Wire, TagsHaveAtMostFiveBytesAndNoNumberZero) {
  std::uint32_t tag = 0;
  WireReader five("\x8A\x80\x80\x80\x00"sv);
  EXPECT_TRUE(five.ReadTag(tag));
  EXPECT_EQ(TagNumber(tag), 1u);
  EXPECT_EQ(TagType(tag), WireType::kBytes);
  EXPECT_FALSE(WireReader("\x8A\x80\x80\x80\x80\x00"sv).ReadTag(tag));
  EXPECT_FALSE(WireReader("\x00"sv).ReadTag(tag));
  EXPECT_FALSE(WireReader("\x02"sv).ReadTag(tag));
  EXPECT_FALSE(WireReader("").ReadTag(tag));
}

TEST(Wire, LengthsOverWhatIsLeftAreRefused) {
  std::string_view bytes;
  EXPECT_TRUE(WireReader("\x02xy"sv).ReadBytes(bytes));
  EXPECT_EQ(bytes, "xy");
  EXPECT_TRUE(WireReader("\x00"sv).ReadBytes(bytes));
  EXPECT_FALSE(WireReader("\x03xy"sv).ReadBytes(bytes));
  EXPECT_FALSE(WireReader("\xFF\xFF\xFF\xFF\x0Fxy"sv).ReadBytes(bytes));
  EXPECT_FALSE(WireReader("\xFF\xFF\xFF\xFF\x7Fxy"sv).ReadBytes(bytes));
  EXPECT_FALSE(WireReader(""sv).ReadBytes(bytes));
}

TEST(Wire, FieldsHaveTheSizeThatIsForetold) {
  for (const std::uint32_t number : {1u, 15u, 16u, 47u, 2047u, 2048u}) {
    for (const std::size_t size : {0u, 1u, 127u, 128u, 20'000u}) {
      const std::string text(size, 'x');
      std::vector<char> room(BytesFieldSize(number, size));
      char* const end = WriteBytesField(room.data(), number, text);
      ASSERT_EQ(end, room.data() + room.size());
      WireReader reader({room.data(), room.size()});
      std::uint32_t tag = 0;
      std::string_view read;
      ASSERT_TRUE(reader.ReadTag(tag) && reader.ReadBytes(read));
      EXPECT_EQ(tag, MakeTag(number, WireType::kBytes));
      EXPECT_EQ(read, text);
      EXPECT_TRUE(reader.done());
    }
  }
}

TEST(Wire, KnowsUtf8AsAPlainReaderDoes) {
  Random random(testing::TestSeed());
  int valid = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string text(random.Below(20), 'a');
    for (std::size_t left = random.Below(4); left > 0; --left) {
      text += random.Pick<std::string_view>(
          {"é", "日", "😀", "\x80", "\xC0\x80", "\xED\xA0\x80", "\xEF\xBF\xBF",
           "\xF4\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xE0\x80\x80", "\xC3",
           "\xF8", "b"});
    }
    text.append(random.Below(10), 'z');
    ASSERT_EQ(IsUtf8(text), testing::IsPlainUtf8(text)) << text;
    valid += IsUtf8(text);
  }
  EXPECT_GT(valid, 20'000);
}

}  // namespace
}  // namespace segrid::codec
