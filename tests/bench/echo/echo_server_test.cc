#include "bench/echo/echo_server.h"

#include <string>
#include <vector>

#include "bench/echo/echo.pb.h"
#include "gtest/gtest.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

std::string Answer(const std::vector<grpc::Slice>& request) {
  grpc::ByteBuffer answer;
  EchoAnswer(grpc::ByteBuffer(request.data(), request.size()), answer);
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(answer.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

std::string Request(std::uint32_t answer_bytes, const std::string& body) {
  segrid::bench::v1::EchoRequest request;
  request.set_answer_bytes(answer_bytes);
  request.set_body(body);
  return request.SerializeAsString();
}

TEST(EchoServer, SendsTheRequestBack) {
  const std::string request = Request(0, "body");
  EXPECT_EQ(Answer({grpc::Slice(request)}), request);
  EXPECT_EQ(Answer({grpc::Slice("x")}), "x");
  EXPECT_EQ(Answer({grpc::Slice("")}), "");
}

TEST(EchoServer, AnswersWithTheSizeAskedFor) {
  const std::string request = Request(7, "a body of some length");
  EXPECT_EQ(Answer({grpc::Slice(request)}), request.substr(0, 7));
  const std::string longer = Request(100, "ab");
  const std::string answer = Answer({grpc::Slice(longer)});
  EXPECT_EQ(answer.size(), 100U);
  EXPECT_EQ(answer.substr(0, longer.size()), longer);
  EXPECT_EQ(answer.substr(longer.size(), longer.size()), longer);
}

TEST(EchoServer, AnswersAcrossSlices) {
  const std::string request = Request(12, "0123456789");
  EXPECT_EQ(Answer({grpc::Slice(request.substr(0, 8)),
                    grpc::Slice(request.substr(8))}),
            request.substr(0, 12));
}

TEST(EchoServer, BoundsWhatASmallRequestCanAskFor) {
  EXPECT_LE(Answer({grpc::Slice(Request(0xFFFFFFFF, "x"))}).size(), 64U << 10);
}

TEST(EchoServer, ListensAtAFreePortOrAPath) {
  const auto tcp = EchoServer::Start({});
  ASSERT_TRUE(tcp.ok()) << tcp.status();
  EXPECT_NE((*tcp)->address(), "127.0.0.1:0");
  const tests::ScratchDir directory;
  const std::string path = "unix:" + directory.Path("echo");
  const auto local = EchoServer::Start({.listen = path});
  ASSERT_TRUE(local.ok()) << local.status();
  EXPECT_EQ((*local)->address(), path);
}

TEST(EchoServer, SaysWhenItCannotListen) {
  EXPECT_EQ(EchoServer::Start({.listen = "192.0.2.1:1"}).status().code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(EchoServer::Start({.cert = "/nonexistent"}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace segrid::bench
