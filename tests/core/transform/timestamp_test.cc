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
      {"\"1.0\"", nullptr, 0, 1},
      {"\"0x10\"", nullptr, 0, 1},
      {"\"now\"", nullptr, 0, 1},
      {"\"2020-06-09T18:19:12Z\"", nullptr, 0, 1},
      {"1.5", nullptr, 0, 1},
      {"1591726752.0", nullptr, 0, 1},
      {"1e9", nullptr, 0, 1},
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
