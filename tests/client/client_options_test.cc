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

}  // namespace
}  // namespace segrid
