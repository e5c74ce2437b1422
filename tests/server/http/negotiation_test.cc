#include "server/http/negotiation.h"

#include <array>

#include "gtest/gtest.h"

namespace segrid::httpd {
namespace {

constexpr std::array<MediaType, 2> kOffered = {{
    {"text/plain", "0.0.4"},
    {"application/openmetrics-text", "1.0.0"},
}};

TEST(PreferredType, IsThatOfTheHighestQuality) {
  const struct {
    std::string_view accept;
    std::size_t want;
  } kRows[] = {
      {"", 0},
      {"*/*", 0},
      {"text/html", 0},
      {"application/openmetrics-text", 1},
      {"APPLICATION/OpenMetrics-Text", 1},
      {"application/openmetrics-text; version=1.0.0; charset=utf-8", 1},
      {"application/openmetrics-text; version=\"1.0.0\"", 1},
      {"application/openmetrics-text; charset=latin1", 0},
      // Prometheus 2.42, 3, and one that only knows the draft.
      {"application/openmetrics-text;version=1.0.0,"
       "application/openmetrics-text;version=0.0.1;q=0.75,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       1},
      {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
       "application/openmetrics-text;version=0.0.1;q=0.5,"
       "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
       "text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
       1},
      {"application/openmetrics-text; version=0.0.1,"
       "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
       0},
      {"text/plain;q=0.5, application/openmetrics-text;q=0.51", 1},
      {"text/plain;q=0.51, application/openmetrics-text;q=0.5", 0},
      {"text/plain, application/openmetrics-text", 0},
      {"application/openmetrics-text, text/plain", 0},
      {"text/plain;q=0.999, application/openmetrics-text;q=1.000", 1},
      // Zero: not at all.
      {"application/openmetrics-text;q=0, */*", 0},
      {"application/openmetrics-text;q=0", 0},
      {"text/plain;q=0, */*;q=0.1", 1},
      {"text/plain; Q=0.1 , application/openmetrics-text ; q=0.2", 1},
      // The range that names a type more exactly decides about it.
      {"application/openmetrics-text;q=0.1, */*;q=0.9", 0},
      {"text/*;q=0.2, */*;q=0.5", 1},
      {"application/*", 1},
      {"text/*", 0},
      {"application/openmetrics-text, */*", 1},
      {"application/openmetrics-text;version=1.0.0;q=0.2,"
       "application/openmetrics-text;q=0.9, text/plain;q=0.5",
       0},
      // Malformed elements match nothing.
      {"application/openmetrics-text;q=2, text/plain;q=0.1", 0},
      {"application/openmetrics-text;q=-1", 0},
      {"application/openmetrics-text;q=0.1234", 0},
      {"application/openmetrics-text;q=", 0},
      {"application/openmetrics-text;q", 0},
      {"application/openmetrics-text;q=0x1", 0},
      {"application/openmetrics-text;q=1.001", 0},
      {"application/openmetrics-text;q=1.", 1},
      {";;;,,,;q=1,=", 0},
      {"application/openmetrics-textual", 0},
      {"app/*", 0},
      // A comma within quotes separates nothing.
      {"text/html;a=\"b,application/openmetrics-text\"", 0},
      {"text/html;a=\"\\\",\", application/openmetrics-text", 1},
      {"text/html;a=\"b, application/openmetrics-text", 0},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(PreferredType(row.accept, kOffered), row.want) << row.accept;
  }
}

TEST(PrefersGzip, WhenItIsWantedAsMuchAsPlainBytes) {
  const struct {
    std::string_view accept_encoding;
    bool want;
  } kRows[] = {
      {"", false},
      {"gzip", true},
      {"GZip", true},
      {"x-gzip", true},
      {"deflate, br", false},
      {"deflate, gzip;q=1.0, *;q=0.5", true},
      {"gzip;q=0", false},
      {"gzip;q=0.0, *", false},
      {"*", true},
      {"*;q=0", false},
      {"gzip, *;q=0", true},
      {"gzip;q=0.001", true},
      {"identity", false},
      {"identity, gzip", true},
      {"identity;q=0.5, gzip;q=0.4", false},
      {"identity;q=0.4, gzip;q=0.5", true},
      {"*;q=0.5, gzip;q=0.4", false},
      {"identity;q=0", false},
      {"gzip;q=2", false},
      {"gzipped", false},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(PrefersGzip(row.accept_encoding), row.want)
        << row.accept_encoding;
  }
}

}  // namespace
}  // namespace segrid::httpd
