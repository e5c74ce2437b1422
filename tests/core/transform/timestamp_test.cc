// When it happened: mapping.md, 3.3.

#include <limits>
#include <string>

#include "tests/core/transform/one_event.h"

namespace segrid::transform {
namespace {

struct Row {
  const char* json;
  const char* time;  // nullptr: rejected.
  int coerced = 0;
  int dropped = 0;
};

TEST(Timestamp, IsSecondsOrMillisecondsBeforeTheYear10000) {
  const Row rows[] = {
      {"1", "1970-01-01T00:00:01.000Z"},
      {"1591726752", "2020-06-09T18:19:12.000Z"},
      {"1591726752123", "2020-06-09T18:19:12.123Z"},
      {"99999999999", "5138-11-16T09:46:39.000Z"},
      {"100000000000", "1973-03-03T09:46:40.000Z"},
      {"253402300799999", "9999-12-31T23:59:59.999Z"},
      {"253402300800000", nullptr},
      {"9223372036854775807", nullptr},
      {"0", nullptr},
      {"-0", nullptr},
      {"-1", nullptr},
      {"-1591726752", nullptr},
      {"-9223372036854775808", nullptr},
      {"\"1591726752\"", "2020-06-09T18:19:12.000Z", 1},
      {R"("\u0031591726752")", "2020-06-09T18:19:12.000Z", 1},
      {"\"1591726752123\"", "2020-06-09T18:19:12.123Z", 1},
      {"\"01591726752\"", "2020-06-09T18:19:12.000Z", 1},
      {"\"0\"", nullptr, 1},
      {"\"-1\"", nullptr, 1},
      {"\"\"", nullptr},
      {"null", nullptr},
      {"\"+1\"", nullptr, 0, 1},
      {"\" 1\"", nullptr, 0, 1},
      {"\"1 \"", nullptr, 0, 1},
      {"\"0x10\"", nullptr, 0, 1},
      {"\"now\"", nullptr, 0, 1},
      {"9223372036854775808", nullptr, 0, 1},
      {"-9223372036854775809", nullptr, 0, 1},
      {"99999999999999999999999999", nullptr, 0, 1},
      {"true", nullptr, 0, 1},
      {"false", nullptr, 0, 1},
      {"{}", nullptr, 0, 1},
      {"[1591726752]", nullptr, 0, 1},
  };
  for (const Row& row : rows) {
    const Seen seen = TransformEvent("\"timestamp\":" + std::string(row.json));
    EXPECT_EQ(seen.reason,
              row.time == nullptr ? Reason::kBadTimestamp : Reason::kNone)
        << row.json;
    if (row.time != nullptr) {
      EXPECT_EQ(seen.At("/timestamp"), Quoted(row.time)) << row.json;
    }
    EXPECT_EQ(seen.counts.coerced, row.coerced) << row.json;
    EXPECT_EQ(seen.counts.dropped, row.dropped) << row.json;
  }
}

// As a number and as a text.
TEST(Timestamp, AFractionOrExponentIsTakenWhereItSaysATimeExactly) {
  const Row rows[] = {
      {"1591726752.0", "2020-06-09T18:19:12.000Z", 1},
      {"1591726752.512", "2020-06-09T18:19:12.512Z", 1},
      {"1591726752.5129999", "2020-06-09T18:19:12.512Z", 1},
      {"1591726752.05", "2020-06-09T18:19:12.050Z", 1},
      {"1.591726752e9", "2020-06-09T18:19:12.000Z", 1},
      {"1.591726752E+9", "2020-06-09T18:19:12.000Z", 1},
      {"1.591726752512e9", "2020-06-09T18:19:12.512Z", 1},
      {"1591726752e0", "2020-06-09T18:19:12.000Z", 1},
      {"15917267525e-1", "2020-06-09T18:19:12.500Z", 1},
      {"1591726752512e-3", "2020-06-09T18:19:12.512Z", 1},
      {"1591726752123.9", "2020-06-09T18:19:12.123Z", 1},
      {"1.591726752123e12", "2020-06-09T18:19:12.123Z", 1},
      {"1.591726752e12", "2020-06-09T18:19:12.000Z", 1},
      {"99999999999.999", "5138-11-16T09:46:39.999Z", 1},
      {"100000000000.5", "1973-03-03T09:46:40.000Z", 1},
      {"1.5", "1970-01-01T00:00:01.500Z", 1},
      {"1e0", "1970-01-01T00:00:01.000Z", 1},
      {"0.001", "1970-01-01T00:00:00.001Z", 1},
      {"253402300799999.9", "9999-12-31T23:59:59.999Z", 1},
      {"0.0009", nullptr, 1},
      {"0.0", nullptr, 1},
      {"-1.5", nullptr, 1},
      {"253402300800000.0", nullptr, 1},
      // Digits down to the second are not written.
      {"1.59173e9", nullptr, 0, 1},
      {"1e9", nullptr, 0, 1},
      {"159172675e1", nullptr, 0, 1},
      {"1.59172675e12", nullptr, 0, 1},
      {"0e5", nullptr, 0, 1},
      {"1e400", nullptr, 0, 1},
      {"1e99999999999999999999", nullptr, 0, 1},
      {"99999999999999999999.5", nullptr, 0, 1},
  };
  for (const Row& row : rows) {
    for (const std::string& json : {std::string(row.json), Quoted(row.json)}) {
      const Seen seen = TransformEvent("\"timestamp\":" + json);
      EXPECT_EQ(seen.At("/timestamp"),
                row.time == nullptr ? "" : Quoted(row.time))
          << json;
      EXPECT_EQ(seen.counts.coerced, row.coerced) << json;
      EXPECT_EQ(seen.counts.dropped, row.dropped) << json;
    }
  }
}

TEST(Timestamp, Rfc3339TextIsTaken) {
  const Row rows[] = {
      {"2020-06-09T18:19:12Z", "2020-06-09T18:19:12.000Z"},
      {"2020-06-09 18:19:12Z", "2020-06-09T18:19:12.000Z"},
      {"2020-06-09T18:19:12.5Z", "2020-06-09T18:19:12.500Z"},
      {"2020-06-09T18:19:12.123456789012Z", "2020-06-09T18:19:12.123Z"},
      {"2020-06-09T20:19:12+02:00", "2020-06-09T18:19:12.000Z"},
      {"2020-06-09T12:49:12.25-05:30", "2020-06-09T18:19:12.250Z"},
      {"2020-06-09T18:19:12-00:00", "2020-06-09T18:19:12.000Z"},
      {"2020-06-10T18:18:12+23:59", "2020-06-09T18:19:12.000Z"},
      {"2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z"},
      {"9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"},
      {"1970-01-01T00:00:00.001Z", "1970-01-01T00:00:00.001Z"},
      {"6000-01-01T00:00:00Z", "6000-01-01T00:00:00.000Z"},
      {R"(2020-06-09\u005418:19:12Z)", "2020-06-09T18:19:12.000Z"},
      // A time, but not between 1970 and 9999.
      {"1970-01-01T00:00:00Z", nullptr, 1},
      {"1969-12-31T23:59:59.999Z", nullptr, 1},
      {"9999-12-31T23:59:59-00:01", nullptr, 1},
      {"0000-01-01T00:00:00Z", nullptr, 1},
      // No time.
      {"2020-06-09T18:19:60Z", nullptr, 0, 1},
      {"2020-06-09T24:00:00Z", nullptr, 0, 1},
      {"2020-06-09T18:60:00Z", nullptr, 0, 1},
      {"2020-02-30T00:00:00Z", nullptr, 0, 1},
      {"2019-02-29T00:00:00Z", nullptr, 0, 1},
      {"2020-13-01T00:00:00Z", nullptr, 0, 1},
      {"2020-00-01T00:00:00Z", nullptr, 0, 1},
      {"2020-06-00T00:00:00Z", nullptr, 0, 1},
      {"2020-06-09T18:19:12", nullptr, 0, 1},
      {"2020-06-09", nullptr, 0, 1},
      {"2020-06-09T18:19Z", nullptr, 0, 1},
      {"2020-06-09  18:19:12Z", nullptr, 0, 1},
      {"2020-06-09t18:19:12z", nullptr, 0, 1},
      {"2020-06-09T18:19:12.Z", nullptr, 0, 1},
      {"2020-06-09T18:19:12,5Z", nullptr, 0, 1},
      {"2020-06-09T18:19:12+0200", nullptr, 0, 1},
      {"2020-06-09T18:19:12+02", nullptr, 0, 1},
      {"2020-06-09T18:19:12+24:00", nullptr, 0, 1},
      {"2020-06-09T18:19:12+02:60", nullptr, 0, 1},
      {"2020-06-09T18:19:12Z ", nullptr, 0, 1},
      {" 2020-06-09T18:19:12Z", nullptr, 0, 1},
      {"20-06-09T18:19:12Z", nullptr, 0, 1},
      {"12020-06-09T18:19:12Z", nullptr, 0, 1},
  };
  for (const Row& row : rows) {
    const Seen seen = TransformEvent("\"timestamp\":" + Quoted(row.json));
    EXPECT_EQ(seen.At("/timestamp"),
              row.time == nullptr ? "" : Quoted(row.time))
        << row.json;
    EXPECT_EQ(seen.counts.coerced, row.dropped == 0 ? 1 : 0) << row.json;
    EXPECT_EQ(seen.counts.dropped, row.dropped) << row.json;
  }
}

// The opted-in property has the integer that stands in the fingerprint.
TEST(Timestamp, AsAPropertyItIsSecondsOrElseMilliseconds) {
  Options options;
  options.extra_fields = {catalog::Field("timestamp")};
  const struct {
    const char* json;
    const char* property;
  } rows[] = {{"1591726752", "1591726752"},
              {"1591726752000", "1591726752000"},
              {"1591726752.0", "1591726752"},
              {"1591726752.512", "1591726752512"},
              {"1591726752000.7", "1591726752"},
              {"\"6000-01-01T00:00:00Z\"", "127174492800"},
              {"\"2020-06-09T18:19:12.5Z\"", "1591726752500"}};
  for (const auto& row : rows) {
    EXPECT_EQ(TransformEvent("\"timestamp\":" + std::string(row.json), options)
                  .At("/properties/timestamp"),
              row.property)
        << row.json;
  }
}

TEST(Timestamp, MissingIsRejected) {
  EXPECT_EQ(TransformObject(R"("event":"open","email":"a@b.c")").reason,
            Reason::kBadTimestamp);
}

TEST(Timestamp, TypedNumbersFollowTheSameRule) {
  v1::SendGridEvent typed;
  typed.set_event("processed");
  typed.set_email("a@b.c");
  EXPECT_EQ(TransformTyped(typed).reason, Reason::kBadTimestamp);
  for (const std::int64_t bad :
       {std::int64_t{0}, std::int64_t{-1},
        std::numeric_limits<std::int64_t>::min(),
        std::numeric_limits<std::int64_t>::max(), 253'402'300'800'000}) {
    typed.set_timestamp(bad);
    EXPECT_EQ(TransformTyped(typed).reason, Reason::kBadTimestamp) << bad;
  }
  typed.set_timestamp(1591726752123);
  EXPECT_EQ(TransformTyped(typed).At("/timestamp"),
            "\"2020-06-09T18:19:12.123Z\"");
}

}  // namespace
}  // namespace segrid::transform
