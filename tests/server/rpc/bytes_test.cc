#include "server/rpc/bytes.h"

#include <string>

#include "gtest/gtest.h"

namespace segrid::rpc {
namespace {

std::string TextOf(const grpc::ByteBuffer& buffer) {
  return std::string(ReceivedBytes(buffer).view());
}

TEST(ReceivedBytes, ShowsASingleSliceWithoutCopy) {
  // Longer than what gRPC keeps inside the slice itself.
  const grpc::Slice slice(std::string(100, 'x'));
  const grpc::ByteBuffer buffer(&slice, 1);
  const ReceivedBytes bytes(buffer);
  ASSERT_TRUE(bytes.ok());
  EXPECT_EQ(static_cast<const void*>(bytes.view().data()), slice.begin());
}

TEST(ReceivedBytes, JoinsSlices) {
  const grpc::Slice slices[] = {grpc::Slice(std::string("one ")),
                                grpc::Slice(std::string("two"))};
  EXPECT_EQ(TextOf(grpc::ByteBuffer(slices, 2)), "one two");
}

TEST(ReceivedBytes, TakesAnEmptyMessage) {
  const grpc::Slice slice;
  const ReceivedBytes bytes(grpc::ByteBuffer(&slice, 1));
  EXPECT_TRUE(bytes.ok());
  EXPECT_EQ(bytes.view(), "");
}

TEST(ReceivedBytes, OutlivesTheBuffer) {
  auto buffer = std::make_unique<grpc::ByteBuffer>();
  {
    const grpc::Slice slice(std::string(100, 'x'));
    *buffer = grpc::ByteBuffer(&slice, 1);
  }
  const ReceivedBytes bytes(*buffer);
  buffer.reset();
  EXPECT_EQ(bytes.view(), std::string(100, 'x'));
}

TEST(TakeBytes, GivesTheStorageOfALargeMessageAway) {
  codec::OutputBuffer out;
  out.Append(std::string(10'000, 'y'));
  out.Prepend("header ");
  const char* const storage = out.begin();
  const grpc::ByteBuffer buffer = TakeBytes(out);
  EXPECT_EQ(out.size(), 0u);
  const ReceivedBytes bytes(buffer);
  EXPECT_EQ(bytes.view(), "header " + std::string(10'000, 'y'));
  EXPECT_EQ(bytes.view().data(), storage);
  EXPECT_EQ(out.capacity(), 0u);
  out.Append("the buffer can be used again");
}

TEST(TakeBytes, CopiesASmallMessageAndKeepsTheStorage) {
  codec::OutputBuffer out;
  out.Reserve(32'000);
  out.Append(std::string(100, 'y'));
  out.Prepend("header ");
  const std::size_t capacity = out.capacity();
  const grpc::ByteBuffer buffer = TakeBytes(out);
  EXPECT_EQ(out.size(), 0u);
  EXPECT_EQ(out.capacity(), capacity);
  out.Append("something else");
  EXPECT_EQ(ReceivedBytes(buffer).view(), "header " + std::string(100, 'y'));
}

TEST(TakeBytes, DoesNotKeepALargeStorageForASmallMessage) {
  codec::OutputBuffer out;
  out.Reserve(1'000'000);
  out.Append("small");
  const grpc::ByteBuffer buffer = TakeBytes(out);
  EXPECT_EQ(ReceivedBytes(buffer).view(), "small");
  EXPECT_EQ(out.capacity(), 0u);
}

TEST(TakeBytes, MakesAnEmptyMessage) {
  codec::OutputBuffer out;
  EXPECT_EQ(TakeBytes(out).Length(), 0u);
}

}  // namespace
}  // namespace segrid::rpc
