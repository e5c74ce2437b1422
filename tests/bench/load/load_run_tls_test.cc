#include <string>

#include "bench/echo/echo_server.h"
#include "bench/load/run.h"
#include "gtest/gtest.h"
#include "tests/client/certificates.h"
#include "tests/client/scratch_dir.h"

namespace segrid::bench {
namespace {

// An authority, and a server and a client that it vouches for, as files.
struct Files {
  tests::ScratchDir directory;
  std::string ca, server_cert, server_key, client_cert, client_key;

  Files() {
    const auto authority = tests::MakeAuthority();
    const auto server = tests::MakeCertificate(authority, "bench.test");
    const auto client = tests::MakeCertificate(authority, "client.test");
    ca = directory.Write("ca.pem", authority.cert);
    server_cert = directory.Write("server.pem", server.cert);
    server_key = directory.Write("server.key", server.key);
    client_cert = directory.Write("client.pem", client.cert);
    client_key = directory.Write("client.key", client.key);
  }
};

RunOptions Options(const std::string& address) {
  RunOptions options;
  options.target.address = address;
  options.target.tls = true;
  options.payload.method = Method::kEcho;
  options.payload.batch = 1;
  options.warmup = absl::ZeroDuration();
  options.count = 50;
  options.connect_timeout = absl::Seconds(3);
  return options;
}

TEST(RunTls, TrustsTheAuthorityItIsGiven) {
  const Files files;
  const auto server =
      EchoServer::Start({.cert = files.server_cert, .key = files.server_key});
  ASSERT_TRUE(server.ok()) << server.status();
  RunOptions options = Options((*server)->address());
  options.target.files.ca = files.ca;
  options.target.server_name = "bench.test";
  const auto result = bench::Run(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->total.successes(), 50);
}

TEST(RunTls, ShowsItsCertificateToAServerThatAsks) {
  const Files files;
  const auto server = EchoServer::Start({.cert = files.server_cert,
                                         .key = files.server_key,
                                         .client_ca = files.ca});
  ASSERT_TRUE(server.ok()) << server.status();
  RunOptions options = Options((*server)->address());
  options.target.files = {
      .ca = files.ca, .cert = files.client_cert, .key = files.client_key};
  const auto result = bench::Run(options);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->total.successes(), 50);
}

TEST(RunTls, ReachesNobodyWithAnotherAuthority) {
  const Files files;
  const Files others;
  const auto server =
      EchoServer::Start({.cert = files.server_cert, .key = files.server_key});
  ASSERT_TRUE(server.ok()) << server.status();
  RunOptions options = Options((*server)->address());
  options.target.files.ca = others.ca;
  options.connect_timeout = absl::Milliseconds(200);
  const absl::Status status = bench::Run(options).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("none of the authorities in"),
            absl::string_view::npos)
      << status;
}

TEST(RunTls, SaysThatTheServerSpeaksTls) {
  const Files files;
  const auto server =
      EchoServer::Start({.cert = files.server_cert, .key = files.server_key});
  ASSERT_TRUE(server.ok()) << server.status();
  RunOptions options = Options((*server)->address());
  options.target.tls = false;
  options.connect_timeout = absl::Milliseconds(200);
  EXPECT_NE(bench::Run(options).status().message().find("speaks TLS, this"),
            absl::string_view::npos);
}

TEST(RunTls, NamesTheFileThatCannotBeRead) {
  RunOptions options = Options("127.0.0.1:1");
  options.target.files.ca = "/nonexistent/ca.pem";
  const auto result = bench::Run(options);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(result.status().message()).find("/nonexistent/ca.pem"),
            std::string::npos);
}

}  // namespace
}  // namespace segrid::bench
