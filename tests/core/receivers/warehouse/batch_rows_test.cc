#include "core/receivers/warehouse/batch_rows.h"

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace segrid::receivers::warehouse {
namespace {

constexpr char kTime[] = "2020-06-09T18:19:12.512Z";

std::string Track(const std::string& id, const std::string& event,
                  const std::string& properties) {
  return absl::StrCat(
      R"({"type":"track","messageId":")", id,
      R"(","anonymousId":"ab","event":")", event, R"(","timestamp":")", kTime,
      R"(","properties":{)", properties,
      R"(},"context":{"library":{"name":"segrid","version":"0.1.0"},)"
      R"("traits":{"email":"a@example.com"}}})");
}

class BatchRowsTest : public ::testing::Test {
 protected:
  absl::Status Read(const std::vector<std::string>& tracks,
                    const KnownColumns& known = {}) {
    tracks_ = tracks;
    Batch batch;
    for (const std::string& track : tracks_) {
      batch.tracks.push_back(track);
      batch.accepted_times.push_back(absl::FromUnixSeconds(7));
    }
    return rows_->Read(batch, known, absl::FromUnixSeconds(9));
  }

  // The value of the first row of the first table, as text; "-" when NULL and
  // "?" when there is no such column.
  std::string Get(const std::string& column, std::size_t row = 0) const {
    const TableRows& table = rows_->tables().at(0);
    const auto& columns = table.table.columns;
    const auto found =
        std::find_if(columns.begin(), columns.end(),
                     [&](const Column& c) { return c.name == column; });
    if (found == columns.end()) return "?";
    const auto index = static_cast<std::size_t>(found - columns.begin());
    const auto& values = table.rows.at(row).values;
    if (index >= values.size()) return "-";
    const Value& value = values[index];
    if (value.kind == Value::Kind::kNull) return "-";
    if (value.kind == Value::Kind::kText) return std::string(value.text);
    return absl::StrCat(value.number);
  }

  void SetLimits(RowLimits limits) {
    rows_ = std::make_unique<BatchRows>(limits);
  }

  std::int64_t Changes(ValueChange change) const {
    return rows_->changes()[static_cast<std::size_t>(change)];
  }
  // The changes of all kinds.
  std::int64_t Changes() const {
    return std::accumulate(rows_->changes().begin(), rows_->changes().end(),
                           std::int64_t{0});
  }

  std::vector<std::string> tracks_;
  std::unique_ptr<BatchRows> rows_ = std::make_unique<BatchRows>();
};

TEST_F(BatchRowsTest, HaveTheCommonColumns) {
  ASSERT_TRUE(Read({Track("m1", "Email Delivered", "")}).ok());
  const std::pair<const char*, const char*> expected[] = {
      {"id", "m1"},
      {"anonymous_id", "ab"},
      {"user_id", "-"},
      {"event", "email_delivered"},
      {"event_text", "Email Delivered"},
      {"timestamp", "1591726752512000"},
      {"original_timestamp", "1591726752512000"},
      {"received_at", "7000000"},
      {"sent_at", "9000000"},
      {"uuid_ts", "9000000"},
      {"context_library_name", "segrid"},
      {"context_library_version", "0.1.0"},
      {"context_traits_email", "a@example.com"},
      {"context_traits_ip", "-"},
  };
  for (const auto& [column, value] : expected) {
    EXPECT_EQ(Get(column), value) << column;
  }
}

TEST_F(BatchRowsTest, HaveEachPropertyWithItsType) {
  ASSERT_TRUE(Read({Track("m1", "Email Link Clicked",
                          R"("test_phase":true,"unsubscribe_group_id":-42,)"
                          R"("link_url":"https:\/\/x.example\/\u00e9",)"
                          R"("categories":["a","b\"c"],"campaign_id":"7")")})
                  .ok());
  EXPECT_EQ(Get("test_phase"), "1");
  EXPECT_EQ(Get("unsubscribe_group_id"), "-42");
  EXPECT_EQ(Get("link_url"), "https://x.example/\xC3\xA9");
  EXPECT_EQ(Get("categories"), R"(["a","b\"c"])");
  EXPECT_EQ(Get("campaign_id"), "7");
  EXPECT_EQ(Changes(), 0);
}

TEST_F(BatchRowsTest, AddColumnsForWhatASourceOptsInto) {
  ASSERT_TRUE(Read({Track("m1", "Email Bounced",
                          R"("reason":"full","smtp-id":"<x>","attempt":3,)"
                          R"("url_offset":{"index":2,"type":"html"},)"
                          R"("flag":true,"plan":"007")")})
                  .ok());
  EXPECT_EQ(Get("reason"), "full");
  EXPECT_EQ(Get("smtp_id"), "<x>");
  EXPECT_EQ(Get("attempt"), "3");
  EXPECT_EQ(Get("url_offset_index"), "2");
  EXPECT_EQ(Get("url_offset_type"), "html");
  EXPECT_EQ(Get("flag"), "1");
  EXPECT_EQ(Get("plan"), "007");
}

TEST_F(BatchRowsTest, DropAndCountNamesThatCollide) {
  ASSERT_TRUE(Read({Track("m1", "Email Bounced",
                          R"("id":"x","received_at":"y","Event Text":"z",)"
                          R"("fooBar":"first","foo_bar":"second")")})
                  .ok());
  EXPECT_EQ(Get("id"), "m1");
  EXPECT_EQ(Get("foo_bar"), "first");
  EXPECT_EQ(Changes(ValueChange::kNameTaken), 4);
  EXPECT_EQ(Changes(), 4);
}

// Also where Segrid itself has nothing to write.
TEST_F(BatchRowsTest, LeaveCommonColumnsToWhatTheyAreFor) {
  ASSERT_TRUE(Read({Track("m1", "Email Delivered",
                          R"("user_id":"someone","context_traits_ip":"x")")})
                  .ok());
  EXPECT_EQ(Get("user_id"), "-");
  EXPECT_EQ(Get("context_traits_ip"), "-");
  EXPECT_EQ(Changes(ValueChange::kNameTaken), 2);
}

TEST_F(BatchRowsTest, PutIntoOneColumnWhatIsOverTheLimit) {
  const auto layout = static_cast<std::int32_t>(EventTable(0).columns.size());
  SetLimits({.max_columns = layout + 1});
  ASSERT_TRUE(Read({Track("m1", "Email Processed",
                          R"("a":"1","b":"2\"","c":[1,{"d":null}],"e":3)")})
                  .ok());
  EXPECT_EQ(Get("a"), "1");
  EXPECT_EQ(Get("b"), "?");
  EXPECT_EQ(Get(kOtherProperties), R"({"b":"2\"","c":[1,{"d":null}],"e":3})");
  EXPECT_EQ(Changes(ValueChange::kMaxColumns), 3);
}

TEST_F(BatchRowsTest, PutIntoOneColumnWhatPostgresqlKeepsTheNamesOf) {
  ASSERT_TRUE(Read({Track("m1", "Email Processed",
                          R"("xmin":"1","CTID":"2","other properties":"3")")})
                  .ok());
  EXPECT_EQ(Get("xmin"), "?");
  EXPECT_EQ(Get(kOtherProperties),
            R"({"xmin":"1","CTID":"2","other properties":"3"})");
  EXPECT_EQ(Changes(ValueChange::kReservedName), 3);
}

TEST_F(BatchRowsTest, PutIntoOneColumnWhatWouldNotFitIntoAPage) {
  std::string properties;
  for (int i = 0; i < 360; ++i) {
    absl::StrAppend(&properties, i == 0 ? "" : ",", "\"p", i,
                    R"(":"0123456789012345678901")");
  }
  ASSERT_TRUE(Read({Track("m1", "Email Processed", properties),
                    Track("m2", "Email Processed", R"("p359":"x")")})
                  .ok());
  EXPECT_EQ(Get("p0"), "0123456789012345678901");
  EXPECT_EQ(Get("p359"), "-");
  EXPECT_EQ(Get("p359", 1), "x");
  EXPECT_NE(Get(kOtherProperties).find(R"("p359":"0123)"), std::string::npos);
  EXPECT_GT(Changes(ValueChange::kRowFull), 10);
  EXPECT_LT(Changes(ValueChange::kRowFull), 100);
}

TEST_F(BatchRowsTest, DropWhatHasNoColumnWhereNoneMayBeAdded) {
  SetLimits({.may_add_columns = false});
  ASSERT_TRUE(Read({Track("m1", "Email Processed", R"("a":"1","b":"2")")},
                   {{"email_processed", {{"b", ColumnType::kText}}}})
                  .ok());
  EXPECT_EQ(Get("a"), "?");
  EXPECT_EQ(Get("b"), "2");
  EXPECT_EQ(Changes(ValueChange::kNoColumn), 1);
}

TEST_F(BatchRowsTest, ReplaceNulsAndKeepOtherCharacters) {
  ASSERT_TRUE(Read({Track("m1", "Email Processed",
                          R"("a":"x\u0000y","b":"\ud83d\ude00",)"
                          R"("categories":["c\u0000","\\u0000"])")})
                  .ok());
  EXPECT_EQ(Get("a"), "x\xEF\xBF\xBDy");
  EXPECT_EQ(Get("b"), "\xF0\x9F\x98\x80");
  // A backslash before "u0000" is no NUL.
  EXPECT_EQ(Get("categories"), "[\"c\xEF\xBF\xBD\",\"\\\\u0000\"]");
  EXPECT_EQ(Changes(ValueChange::kNulReplaced), 2);
}

TEST_F(BatchRowsTest, AreSortedByTableAndId) {
  ASSERT_TRUE(Read({Track("b", "Email Processed", ""),
                    Track("z", "Email Delivered", ""),
                    Track("a", "Email Processed", "")})
                  .ok());
  ASSERT_EQ(rows_->tables().size(), 2U);
  EXPECT_EQ(rows_->tables()[0].table.name, "email_delivered");
  EXPECT_EQ(rows_->tables()[1].rows[0].id(), "a");
  EXPECT_EQ(rows_->tables()[1].rows[0].index, 2);
  EXPECT_EQ(rows_->tables()[1].rows[1].id(), "b");
}

TEST_F(BatchRowsTest, KeepWhatFitsNoTypeInOneColumn) {
  ASSERT_TRUE(Read({Track("m1", "Email Processed", R"("a":12,"b":"x")")},
                   {{"email_processed",
                     {{"a", ColumnType::kText}, {"b", ColumnType::kInteger}}}})
                  .ok());
  EXPECT_EQ(Get("a"), "12");
  EXPECT_EQ(Get("b"), "-");
  EXPECT_EQ(Get(kOtherProperties), R"({"b":"x"})");
  EXPECT_EQ(Changes(ValueChange::kOtherType), 1);
}

TEST_F(BatchRowsTest, RefuseWhatIsNoTrack) {
  for (const char* const track :
       {"{", "[]", "7", R"({"event":"Email Opened"})",
        R"({"event":"Nothing","timestamp":"2020-06-09T18:19:12Z"})"}) {
    const absl::Status read = Read({track});
    EXPECT_EQ(read.code(), absl::StatusCode::kInvalidArgument) << track;
    EXPECT_TRUE(rows_->tables().empty());
  }
}

}  // namespace
}  // namespace segrid::receivers::warehouse
