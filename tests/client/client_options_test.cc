#include "client/client_options.h"

#include <gtest/gtest.h>

#include <functional>

namespace segrid {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

TEST(ClientOptions, AreValidByDefaultAndWaitTenSecondsInAll) {
  const ClientOptions options;
  EXPECT_EQ(options.Validate(), std::nullopt);
  EXPECT_EQ(options.timeout, seconds(10));
  EXPECT_TRUE(options.wait_for_ready);
}

TEST(ClientOptions, NameTheFirstFieldThatIsOutOfRange) {
  const struct {
    const char* field;
    std::function<void(ClientOptions&)> spoil;
  } kCases[] = {
      {"address", [](auto& o) { o.address = ""; }},
      {"address", [](auto& o) { o.address = "localhost"; }},
      {"address", [](auto& o) { o.address = "bridge:99999"; }},
      {"address", [](auto& o) { o.address = "bridge:0"; }},
      {"address", [](auto& o) { o.address = "dns:///bridge:123456"; }},
      {"address", [](auto& o) { o.address = "a:1,b:2"; }},
      {"address", [](auto& o) { o.address = "http://127.0.0.1:50051"; }},
      {"token",
       [](auto& o) {
         o.token = "secret";
         o.address = "127.example.com:1";
       }},
      {"token",
       [](auto& o) {
         o.token = "secret";
         o.address = "127.0.0.1:1,10.0.0.1:1";
       }},
      {"timeout", [](auto& o) { o.timeout = nanoseconds(999'999); }},
      {"timeout", [](auto& o) { o.timeout = hours(24) + nanoseconds(1); }},
      {"timeout", [](auto& o) { o.timeout = seconds(-1); }},
      {"initial_reconnect_backoff",
       [](auto& o) { o.initial_reconnect_backoff = seconds(0); }},
      {"max_reconnect_backoff",
       [](auto& o) { o.max_reconnect_backoff = milliseconds(99); }},
      {"max_reconnect_backoff",
       [](auto& o) { o.max_reconnect_backoff = hours(1); }},
      {"keepalive_time", [](auto& o) { o.keepalive_time = seconds(1); }},
      {"keepalive_timeout", [](auto& o) { o.keepalive_timeout = seconds(0); }},
      {"max_response_bytes", [](auto& o) { o.max_response_bytes = 1023; }},
      {"max_response_bytes",
       [](auto& o) { o.max_response_bytes = (std::int64_t{1} << 30) + 1; }},
      {"tls.key_file",
       [](auto& o) { o.tls = TlsOptions{.ca_file = "", .cert_file = "c"}; }},
      {"tls.cert_file",
       [](auto& o) { o.tls = TlsOptions{.cert_file = "", .key_file = "k"}; }},
  };
  for (const auto& test : kCases) {
    ClientOptions options;
    test.spoil(options);
    const std::optional<Error> error = options.Validate();
    ASSERT_TRUE(error.has_value()) << test.field;
    EXPECT_EQ(error->code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(error->reason, "BAD_OPTION");
    ASSERT_EQ(error->field_violations.size(), 1u);
    EXPECT_EQ(error->field_violations[0].field, test.field);
    EXPECT_NE(error->message.find(test.field), std::string::npos);
  }
}

TEST(ClientOptions, TakeTheAddressesThatGrpcUnderstands) {
  for (const char* address :
       {"127.0.0.1:50051", "bridge:50051", "[::1]:50051", "unix:/run/a.sock",
        "unix:a.sock", "dns:///bridge:50051", "127.0.0.1:1,127.0.0.1:2",
        "ipv4:10.0.0.1:1,10.0.0.2:1", "ipv6:[::1]:1,[::2]:1"}) {
    const ClientOptions options{.address = address};
    EXPECT_EQ(options.Validate(), std::nullopt) << address;
  }
  EXPECT_EQ((ClientOptions{.address = "bridge.example.com", .tls = TlsOptions()}
                 .Validate()),
            std::nullopt);
  for (const char* local : {"127.0.0.1:1", "localhost:1", "[::1]:1", "unix:a",
                            "ipv4:127.0.0.9:1"}) {
    ClientOptions options{.address = local};
    options.token = "secret";
    EXPECT_EQ(options.Validate(), std::nullopt) << local;
  }
}

}  // namespace
}  // namespace segrid
