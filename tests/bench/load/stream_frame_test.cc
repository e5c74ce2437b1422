#include "bench/load/stream_frame.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {
namespace {

TEST(StreamFrame, ComesBackByItsIdOnce) {
  FrameTable frames;
  const std::string a = frames.Add({.intended_ns = 1});
  const std::string b = frames.Add({.intended_ns = 2});
  Frame frame;
  ASSERT_TRUE(frames.Take(b, frame));
  EXPECT_EQ(frame.intended_ns, 2);
  EXPECT_FALSE(frames.Take(b, frame));
  EXPECT_EQ(frames.size(), 1U);
  // The slot is used again; the old id does not find it.
  const std::string c = frames.Add({.intended_ns = 3});
  EXPECT_NE(c, b);
  EXPECT_FALSE(frames.Take(b, frame));
  ASSERT_TRUE(frames.Take(c, frame));
  EXPECT_EQ(frame.intended_ns, 3);
  ASSERT_TRUE(frames.Take(a, frame));
}

TEST(StreamFrame, RefusesIdsOfOthers) {
  FrameTable frames;
  frames.Add({});
  Frame frame;
  for (const char* id :
       {"", "x", "00000000", "oooooooo", "\x01\x02\x03\x04\x05\x06\x07\x08"}) {
    EXPECT_FALSE(frames.Take(id, frame)) << id;
  }
}

TEST(StreamFrame, KnowsWhatWaitsLongest) {
  FrameTable frames;
  EXPECT_EQ(frames.OldestSent(), 0);
  frames.Add({.sent_ns = 20});
  frames.Add({.sent_ns = 10});
  EXPECT_EQ(frames.OldestSent(), 10);
  EXPECT_EQ(frames.TakeAll().size(), 2U);
  EXPECT_EQ(frames.size(), 0U);
}

TEST(StreamFrame, IsTheMessageOfTheProto) {
  for (const std::size_t size : {0U, 1U, 127U, 128U, 20'000U, 3'000'000U}) {
    segrid::v1::TransformRequest request;
    request.set_webhook_json(std::string(size, 'x'));
    const std::string bytes = request.SerializeAsString();
    const grpc::ByteBuffer message = FrameBytes("idididid", grpc::Slice(bytes));
    std::vector<grpc::Slice> slices;
    ASSERT_TRUE(message.Dump(&slices).ok());
    std::string text;
    for (const grpc::Slice& slice : slices) {
      text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
    }
    segrid::v1::TransformStreamRequest parsed;
    ASSERT_TRUE(parsed.ParseFromString(text)) << size;
    EXPECT_EQ(parsed.request_id(), "idididid");
    EXPECT_EQ(parsed.request().webhook_json().size(), size);
  }
}

}  // namespace
}  // namespace segrid::bench
