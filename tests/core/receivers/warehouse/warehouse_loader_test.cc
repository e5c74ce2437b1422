// Both databases by one contract: what a loader promises, read back with SQL.

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "core/base/error_info.h"
#include "core/receivers/warehouse/batch_rows.h"
#include "core/receivers/warehouse/column_name.h"
#include "core/receivers/warehouse/database_error.h"
#include "core/receivers/warehouse/ddl.h"
#include "core/receivers/warehouse/postgres_loader.h"
#include "core/receivers/warehouse/sqlite_loader.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/postgres_server.h"

namespace segrid::receivers::warehouse {
namespace {

using ::testing::HasSubstr;

std::string Track(const std::string& id, const std::string& event,
                  const std::string& properties = "") {
  return absl::StrCat(
      R"({"type":"track","messageId":")", id,
      R"(","anonymousId":"ab","event":")", event,
      R"(","timestamp":"2020-06-09T18:19:12.512Z","properties":{)", properties,
      R"(},"context":{"library":{"name":"segrid","version":"0.1.0"},)"
      R"("traits":{"email":"a@example.com"}}})");
}

// A database to load into, and how a test looks at it.
class Database {
 public:
  virtual ~Database() = default;
  virtual Dialect dialect() const = 0;
  virtual std::unique_ptr<Loader> Open(LoaderOptions options) = 0;
  // Rows by newlines, columns by '|', NULL as nothing.
  virtual std::string Query(const std::string& sql) = 0;
  virtual std::string schema() const { return ""; }

  std::string Count(const std::string& table) {
    return Query("SELECT count(*) FROM " + TableName(schema(), table));
  }
};

class Sqlite final : public Database {
 public:
  Sqlite() {
    std::string folder =
        (std::filesystem::temp_directory_path() / "segrid_wh_XXXXXX").string();
    if (::mkdtemp(folder.data()) != nullptr) folder_ = folder;
  }
  ~Sqlite() override {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  Dialect dialect() const override { return Dialect::kSqlite; }
  std::unique_ptr<Loader> Open(LoaderOptions options) override {
    return std::make_unique<SqliteLoader>(std::move(options), folder_,
                                          "below/events.db");
  }
  std::string path() const { return folder_ + "/below/events.db"; }

  std::string Query(const std::string& sql) override {
    sqlite3* database = nullptr;
    std::string text;
    sqlite3_open(path().c_str(), &database);
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) !=
        SQLITE_OK) {
      text = sqlite3_errmsg(database);
    }
    while (statement != nullptr && sqlite3_step(statement) == SQLITE_ROW) {
      if (!text.empty()) text += '\n';
      for (int i = 0; i < sqlite3_column_count(statement); ++i) {
        if (i > 0) text += '|';
        const auto* const value = sqlite3_column_text(statement, i);
        if (value != nullptr) text += reinterpret_cast<const char*>(value);
      }
    }
    sqlite3_finalize(statement);
    sqlite3_close(database);
    return text;
  }

 private:
  std::string folder_;
};

// One server for the program, which ends with it; a schema for each test.
tests::PostgresServer& Server() {
  static tests::PostgresServer server;
  return server;
}

class Postgres final : public Database {
 public:
  Postgres() : schema_(absl::StrCat("mail_", Next())) {}
  Dialect dialect() const override { return Dialect::kPostgres; }
  std::unique_ptr<Loader> Open(LoaderOptions options) override {
    if (options.database.empty()) options.database = Server().Url();
    options.schema = schema_;
    return std::make_unique<PostgresLoader>(std::move(options));
  }
  std::string Query(const std::string& sql) override {
    return Server().Query(sql);
  }
  std::string schema() const override { return schema_; }

 private:
  static int Next() {
    static int number = 0;
    return ++number;
  }
  const std::string schema_;
};

class WarehouseLoader : public ::testing::TestWithParam<Dialect> {
 protected:
  void SetUp() override {
    if (GetParam() == Dialect::kSqlite) {
      database_ = std::make_unique<Sqlite>();
    } else if (tests::PostgresServer::Installed()) {
      database_ = std::make_unique<Postgres>();
    } else {
      GTEST_SKIP() << "PostgreSQL is not installed";
    }
  }

  static LoaderOptions Options() { return {.tables = Tables({})}; }
  std::string Name(const std::string& table) const {
    return TableName(database_->schema(), table);
  }

  static absl::Status Load(Loader& loader,
                           const std::vector<std::string>& tracks,
                           RowLimits limits = {}) {
    if (const absl::Status prepared = loader.Prepare(); !prepared.ok()) {
      return prepared;
    }
    Batch batch;
    for (const std::string& track : tracks) batch.tracks.push_back(track);
    BatchRows rows(limits);
    const absl::Status read =
        rows.Read(batch, loader.known_columns(), absl::FromUnixSeconds(9));
    return read.ok() ? loader.Load(rows.tables()) : read;
  }

  std::unique_ptr<Database> database_;
};

INSTANTIATE_TEST_SUITE_P(Databases, WarehouseLoader,
                         ::testing::Values(Dialect::kSqlite,
                                           Dialect::kPostgres),
                         [](const auto& kind) {
                           return kind.param == Dialect::kSqlite ? "Sqlite"
                                                                 : "Postgres";
                         });

TEST_P(WarehouseLoader, MakesTheTablesOfAllSelectedEventsBeforeTheFirstRow) {
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(loader->Prepare().ok()) << loader->Prepare();
  for (const Table& table : Tables({})) {
    EXPECT_EQ(database_->Count(table.name), "0") << table.name;
  }
  EXPECT_EQ(database_->Query("SELECT version FROM " + Name(kVersionTable)),
            "1");
}

TEST_P(WarehouseLoader, WritesEachTrackOnceIntoBothTables) {
  const auto loader = database_->Open(Options());
  const std::vector<std::string> tracks = {
      Track("m1", "Email Delivered", R"("campaign_id":"7")"),
      Track("m2", "Email Link Clicked",
            R"("link_url":"https://x.example/?a=1","test_phase":true,)"
            R"("unsubscribe_group_id":42,"categories":["a","b"])"),
      Track("m1", "Email Delivered", R"("campaign_id":"8")")};
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(Load(*loader, tracks).ok()) << Load(*loader, tracks);
  }
  EXPECT_EQ(database_->Count("tracks"), "2");
  EXPECT_EQ(database_->Query("SELECT id, campaign_id, event, event_text, "
                             "context_traits_email FROM " +
                             Name("email_delivered")),
            "m1|7|email_delivered|Email Delivered|a@example.com");
  EXPECT_EQ(
      database_->Query("SELECT link_url, test_phase, unsubscribe_group_id, "
                       "categories FROM " +
                       Name("email_link_clicked")),
      database_->dialect() == Dialect::kSqlite
          ? R"(https://x.example/?a=1|1|42|["a","b"])"
          : R"(https://x.example/?a=1|t|42|["a","b"])");
}

// An id that is there is not new, whatever event it comes with now.
TEST_P(WarehouseLoader, WritesNoRowOfAnEventWithoutOneOfTracks) {
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Opened")}).ok());
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Delivered"),
                             Track("m2", "Email Delivered")})
                  .ok());
  EXPECT_EQ(database_->Count("tracks"), "2");
  EXPECT_EQ(database_->Query("SELECT id FROM " + Name("email_delivered")),
            "m2");
  EXPECT_EQ(database_->Query("SELECT id FROM " + Name("email_opened")), "m1");
}

TEST_P(WarehouseLoader, KeepsMillisecondsAndTimesInUtc) {
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Opened")}).ok());
  const std::string sql = "SELECT \"timestamp\", received_at FROM ";
  EXPECT_EQ(
      database_->Query(database_->dialect() == Dialect::kSqlite
                           ? sql + Name("tracks")
                           : "SET timezone='UTC'; " + sql + Name("tracks")),
      database_->dialect() == Dialect::kSqlite
          ? "2020-06-09T18:19:12.512Z|1970-01-01T00:00:09.000Z"
          : "2020-06-09 18:19:12.512+00|1970-01-01 00:00:09+00");
}

TEST_P(WarehouseLoader, AddsColumnsWhenTheirFirstValueComes) {
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Bounced")}).ok());
  ASSERT_TRUE(Load(*loader, {Track("m2", "Email Bounced",
                                   R"("reason":"full \"x\"","attempt":3)")})
                  .ok());
  ASSERT_TRUE(
      Load(*loader, {Track("m3", "Email Bounced", R"("reason":"more")")}).ok());
  const auto again = database_->Open(Options());
  ASSERT_TRUE(
      Load(*again, {Track("m4", "Email Bounced", R"("attempt":4)")}).ok());
  EXPECT_EQ(database_->Query("SELECT id, reason, attempt FROM " +
                             Name("email_bounced") + " ORDER BY id"),
            "m1||\nm2|full \"x\"|3\nm3|more|\nm4||4");
}

TEST_P(WarehouseLoader, LoadsAnEventThatTheSourceNoLongerSelects) {
  const auto loader = database_->Open({.tables = Tables({"open"})});
  ASSERT_TRUE(loader->Prepare().ok());
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Deferred")}).ok());
  EXPECT_EQ(database_->Count("email_deferred"), "1");
}

TEST_P(WarehouseLoader, RefusesANewerLayoutUntouched) {
  ASSERT_TRUE(database_->Open(Options())->Prepare().ok());
  database_->Query("UPDATE " + Name(kVersionTable) + " SET version = 2");
  database_->Query("DROP TABLE " + Name("email_opened"));
  const auto loader = database_->Open(Options());
  const absl::Status prepared = loader->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason);
  EXPECT_NE(prepared.message().find("newer"), std::string::npos) << prepared;
  EXPECT_NE(database_->Count("email_opened"), "0");
}

TEST_P(WarehouseLoader, HoldsWhenATableHasAnotherForm) {
  ASSERT_TRUE(database_->Open(Options())->Prepare().ok());
  database_->Query("DROP TABLE " + Name("email_opened"));
  database_->Query("CREATE TABLE " + Name("email_opened") +
                   " (id integer PRIMARY KEY)");
  const auto checked = database_->Open(Options())->Check();
  LoaderOptions options = Options();
  options.create_tables = false;
  const auto loader = database_->Open(options);
  const absl::Status prepared = loader->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason) << prepared;
  EXPECT_NE(prepared.message().find("email_opened"), std::string::npos);
  ASSERT_TRUE(checked.ok());
  EXPECT_FALSE(checked->empty());
}

TEST_P(WarehouseLoader, ChangesNothingWhenItOnlyChecks) {
  const auto before = database_->Open(Options())->Check();
  ASSERT_TRUE(before.ok()) << before.status();
  EXPECT_FALSE(before->empty());
  ASSERT_TRUE(database_->Open(Options())->Prepare().ok());
  const auto after = database_->Open(Options())->Check();
  ASSERT_TRUE(after.ok());
  EXPECT_TRUE(after->empty()) << after->front();
}

TEST_P(WarehouseLoader, LoadsIntoTablesThatTheScriptMade) {
  LoaderOptions options = Options();
  options.create_tables = false;
  if (database_->dialect() == Dialect::kSqlite) {
    database_->Open(Options())->Prepare().IgnoreError();  // Makes the folder.
  }
  const std::string script =
      Script(database_->dialect(), database_->schema(), options.tables);
  if (database_->dialect() == Dialect::kPostgres) database_->Query(script);
  const auto loader = database_->Open(options);
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Opened", R"("extra":"1")")},
                   {.may_add_columns = false})
                  .ok());
  EXPECT_EQ(database_->Count("email_opened"), "1");
}

TEST_P(WarehouseLoader, RefusesTheBatchThatATriggerRefuses) {
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(loader->Prepare().ok());
  if (database_->dialect() == Dialect::kSqlite) {
    database_->Query(
        "CREATE TRIGGER no BEFORE INSERT ON tracks WHEN NEW.id = "
        "'bad' BEGIN SELECT RAISE(ABORT, 'not this'); END");
  } else {
    database_->Query("ALTER TABLE " + Name("tracks") +
                     " ADD CHECK (id <> 'bad')");
  }
  const absl::Status refused = Load(
      *loader, {Track("m1", "Email Opened"), Track("bad", "Email Opened")});
  EXPECT_EQ(base::ReasonOf(refused), kRefusedReason) << refused;
  EXPECT_EQ(database_->Count("tracks"), "0");
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Opened")}).ok());
  EXPECT_EQ(database_->Count("email_opened"), "1");
}

TEST_P(WarehouseLoader, DeletesOldRowsFromBothTablesInSteps) {
  const auto loader = database_->Open(Options());
  std::vector<std::string> tracks;
  for (int i = 0; i < 25; ++i) {
    tracks.push_back(Track(absl::StrCat("m", i),
                           i % 2 == 0 ? "Email Opened" : "Email Delivered"));
  }
  ASSERT_TRUE(Load(*loader, tracks).ok());
  const absl::Time before = absl::FromUnixSeconds(10);
  EXPECT_EQ(loader->DeleteBefore(absl::FromUnixSeconds(8), 100).value_or(-1),
            0);
  EXPECT_EQ(loader->DeleteBefore(before, 10).value_or(-1), 10);
  EXPECT_EQ(database_->Count("tracks"), "15");
  EXPECT_EQ(loader->DeleteBefore(before, 100).value_or(-1), 15);
  for (const char* const table :
       {"tracks", "email_opened", "email_delivered"}) {
    EXPECT_EQ(database_->Count(table), "0") << table;
  }
}

TEST_P(WarehouseLoader, MakesATableAgainThatSomebodyDropped) {
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(loader->Prepare().ok());
  database_->Query("DROP TABLE " + Name("email_opened"));
  absl::Status loaded = Load(*loader, {Track("m1", "Email Opened")});
  // The first attempt may find out; the next one looks again.
  if (!loaded.ok()) loaded = Load(*loader, {Track("m1", "Email Opened")});
  EXPECT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(database_->Count("email_opened"), "1");
}

TEST_P(WarehouseLoader, MakesAnOlderLayoutThisOneInATransaction) {
  ASSERT_TRUE(database_->Open(Options())->Prepare().ok());
  database_->Query("UPDATE " + Name(kVersionTable) + " SET version = 0");
  database_->Query("ALTER TABLE " + Name("email_opened") +
                   " DROP COLUMN campaign_id");
  database_->Query("DROP TABLE " + Name("email_bounced"));
  const auto checked = database_->Open(Options())->Check();
  ASSERT_TRUE(checked.ok());
  EXPECT_FALSE(checked->empty());
  ASSERT_TRUE(database_->Open(Options())->Prepare().ok());
  EXPECT_EQ(database_->Query("SELECT version FROM " + Name(kVersionTable)),
            "1");
  EXPECT_EQ(database_->Query("SELECT count(campaign_id) FROM " +
                             Name("email_opened")),
            "0");
  EXPECT_EQ(database_->Count("email_bounced"), "0");
}

TEST_P(WarehouseLoader, LoadsRowsThatWouldNotFitIntoAPage) {
  std::string properties;
  for (int i = 0; i < 390; ++i) {
    absl::StrAppend(&properties, i == 0 ? "" : ",", "\"p", i,
                    R"(":"01234567890123456789012)");
    absl::StrAppend(&properties, i % 2 == 0 ? "\"" : "34567890\"");
  }
  const auto loader = database_->Open(Options());
  ASSERT_TRUE(Load(*loader, {Track("m1", "Email Opened", properties)}).ok())
      << Load(*loader, {Track("m1", "Email Opened", properties)});
  EXPECT_EQ(database_->Count("email_opened"), "1");
}

TEST_P(WarehouseLoader, LoadsNamesThatTheDatabaseKeepsForItself) {
  const auto loader = database_->Open(Options());
  const absl::Status loaded =
      Load(*loader, {Track("m1", "Email Opened",
                           R"("xmin":"1","ctid":"2","tableoid":"3",)"
                           R"("oid":"4","rowid":"5","select":"6")")});
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(database_->Query("SELECT other_properties, \"oid\", \"rowid\", "
                             "\"select\" FROM " +
                             Name("email_opened")),
            R"({"xmin":"1","ctid":"2","tableoid":"3"}|4|5|6)");
}

TEST_P(WarehouseLoader, DeletesRowsOfEventsThatAreNoLongerSelected) {
  ASSERT_TRUE(Load(*database_->Open(Options()),
                   {Track("m1", "Email Opened"), Track("m2", "Email Bounced")})
                  .ok());
  const auto loader = database_->Open({.tables = Tables({"bounce"})});
  EXPECT_EQ(loader->DeleteBefore(absl::FromUnixSeconds(10), 10).value_or(-1),
            2);
  EXPECT_EQ(database_->Count("email_opened"), "0");
  EXPECT_EQ(database_->Count("tracks"), "0");
}

TEST(SqliteLoaders, WriteIntoTheFileThatIsThereNow) {
  Sqlite database;
  const auto loader = database.Open({.tables = Tables({})});
  const std::string track = Track("m1", "Email Opened");
  Batch batch;
  batch.tracks = {track};
  BatchRows rows;
  ASSERT_TRUE(rows.Read(batch, {}, absl::UnixEpoch()).ok());
  ASSERT_TRUE(loader->Load(rows.tables()).ok());
  for (const char* const end : {"", "-wal", "-shm"}) {
    std::filesystem::remove(database.path() + end);
  }
  ASSERT_TRUE(loader->Load(rows.tables()).ok());
  EXPECT_EQ(database.Count("email_opened"), "1");
}

TEST(SqliteLoaders, TellNamesOfColumnsApartAsSqliteDoes) {
  Sqlite database;
  const auto loader = database.Open({.tables = Tables({})});
  ASSERT_TRUE(loader->Prepare().ok());
  database.Query("ALTER TABLE email_opened ADD COLUMN \"Plan\" TEXT");
  const std::string track = Track("m1", "Email Opened", R"("plan":"a")");
  Batch batch;
  batch.tracks = {track};
  const auto again = database.Open({.tables = Tables({})});
  ASSERT_TRUE(again->Prepare().ok());
  BatchRows rows;
  ASSERT_TRUE(rows.Read(batch, again->known_columns(), absl::UnixEpoch()).ok());
  const absl::Status loaded = again->Load(rows.tables());
  ASSERT_TRUE(loaded.ok()) << loaded;
  EXPECT_EQ(database.Query("SELECT plan FROM email_opened"), "a");
}

TEST(SqliteLoaders, HoldWhereTheNameIsNoFileOfTheirs) {
  Sqlite database;
  std::filesystem::create_directories(database.path());
  const absl::Status prepared =
      database.Open({.tables = Tables({})})->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason) << prepared;
  EXPECT_NE(prepared.message().find("directory"), std::string::npos);
}

TEST(PostgresLoaders, AddTheSameColumnsAtOnce) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  constexpr int kRounds = 10;
  std::vector<std::thread> loaders;
  std::vector<absl::Status> results(4);
  for (std::size_t l = 0; l < results.size(); ++l) {
    loaders.emplace_back([&database, &results, l] {
      const auto loader = database.Open({.tables = Tables({})});
      for (int round = 0; round < kRounds && results[l].ok(); ++round) {
        BatchRows rows;
        Batch batch;
        const std::string own =
            Track(absl::StrCat("m", l, "_", round), "Email Opened",
                  absl::StrCat("\"c", round, "\":\"x\""));
        const std::string shared =
            Track(absl::StrCat("s", round), "Email Opened");
        batch.tracks = {own, shared};
        results[l] = loader->Prepare();
        if (!results[l].ok()) break;
        results[l] =
            rows.Read(batch, loader->known_columns(), absl::UnixEpoch());
        if (results[l].ok()) results[l] = loader->Load(rows.tables());
      }
    });
  }
  for (std::thread& loader : loaders) loader.join();
  for (const absl::Status& result : results) EXPECT_TRUE(result.ok()) << result;
  EXPECT_EQ(database.Count("tracks"), "50");
  EXPECT_EQ(database.Count("email_opened"), "50");
}

TEST(PostgresLoaders, SayWhoMustDoWhat) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  Server().Query("DROP ROLE IF EXISTS loader; CREATE ROLE loader LOGIN");
  LoaderOptions options = {.tables = Tables({})};
  options.database = Server().Url("postgres", "loader");
  absl::Status prepared = database.Open(options)->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason) << prepared;
  EXPECT_NE(prepared.message().find("42501"), std::string::npos) << prepared;
  options.database = Server().Url("nowhere");
  prepared = database.Open(options)->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason) << prepared;
  EXPECT_NE(prepared.message().find("3D000"), std::string::npos) << prepared;
  options.database = "postgresql://segrid@127.0.0.1:1/postgres";
  prepared = database.Open(options)->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kUnavailableReason) << prepared;
}

TEST(PostgresLoaders, NeverTakeTextForANumber) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  const auto loader = database.Open({.tables = Tables({})});
  ASSERT_TRUE(loader->Prepare().ok());
  const std::string name = TableName(database.schema(), "email_opened");
  Server().Query("ALTER TABLE " + name +
                 " ALTER campaign_id TYPE bigint USING NULL");
  const std::string track =
      Track("m1", "Email Opened", R"("campaign_id":"8 bytes!")");
  Batch batch;
  batch.tracks = {track};
  BatchRows rows;
  ASSERT_TRUE(rows.Read(batch, {}, absl::UnixEpoch()).ok());
  for (int i = 0; i < 2; ++i) {
    const absl::Status loaded = loader->Load(rows.tables());
    EXPECT_EQ(base::ReasonOf(loaded), kMisconfiguredReason) << loaded;
    EXPECT_NE(loaded.message().find("campaign_id"), std::string::npos);
  }
  EXPECT_EQ(database.Count("tracks"), "0");
  Server().Query("ALTER TABLE " + name + " ALTER campaign_id TYPE text");
  EXPECT_TRUE(loader->Load(rows.tables()).ok());
  EXPECT_EQ(Server().Query("SELECT campaign_id FROM " + name), "8 bytes!");
}

// A table of the loader's errors is met by each state as PostgreSQL sends it:
// a trigger raises it.
TEST(PostgresLoaders, TellTheStatesOfTheServerApart) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  ASSERT_TRUE(database.Open({.tables = Tables({})})->Prepare().ok());
  const std::string name = TableName(database.schema(), "email_opened");
  Server().Query(absl::StrCat(
      "CREATE FUNCTION ", TableName(database.schema(), "fail"),
      "() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING "
      "ERRCODE = NEW.campaign_id, MESSAGE = 'primary', DETAIL = 'secret', "
      "HINT = 'secret'; END $$; CREATE TRIGGER fail BEFORE INSERT ON ",
      name, " FOR EACH ROW EXECUTE FUNCTION ",
      TableName(database.schema(), "fail"), "()"));
  const std::pair<const char*, std::string_view> states[] = {
      {"57P01", kUnavailableReason},   {"40P01", kUnavailableReason},
      {"40001", kUnavailableReason},   {"53100", kUnavailableReason},
      {"25006", kUnavailableReason},   {"53300", kUnavailableReason},
      {"42501", kMisconfiguredReason}, {"42804", kMisconfiguredReason},
      {"42809", kMisconfiguredReason}, {"P0001", kRefusedReason},
      {"23514", kRefusedReason},       {"22003", kRefusedReason},
      {"U0001", kRefusedReason},
  };
  for (const auto& [state, reason] : states) {
    const auto loader = database.Open({.tables = Tables({})});
    const std::string track = Track(
        state, "Email Opened", absl::StrCat(R"("campaign_id":")", state, "\""));
    Batch batch;
    batch.tracks = {track};
    BatchRows rows;
    ASSERT_TRUE(rows.Read(batch, {}, absl::UnixEpoch()).ok());
    const absl::Status loaded = loader->Load(rows.tables());
    EXPECT_EQ(base::ReasonOf(loaded), reason) << loaded;
    EXPECT_NE(loaded.message().find(state), std::string::npos) << loaded;
    EXPECT_NE(loaded.message().find("primary"), std::string::npos) << loaded;
    EXPECT_EQ(loaded.message().find("secret"), std::string::npos) << loaded;
  }
}

TEST(PostgresLoaders, HoldWhereThePasswordIsWrong) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  Server().Query(
      "DROP ROLE IF EXISTS guarded; CREATE ROLE guarded LOGIN SUPERUSER "
      "PASSWORD 'good'");
  Server().Query(
      "COPY (SELECT 1) TO PROGRAM 'sed -i \"1i local all guarded "
      "scram-sha-256\" pg_hba.conf'");
  Server().Query("SELECT pg_reload_conf()");
  LoaderOptions options = {.tables = Tables({})};
  options.database = Server().Url("postgres", "guarded");
  for (const char* const password : {"bad", ""}) {
    options.password = password;
    const absl::Status prepared = database.Open(options)->Prepare();
    EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason) << prepared;
    EXPECT_EQ(prepared.message().find("bad"), std::string::npos) << prepared;
  }
  options.password = "good";
  const absl::Status prepared = database.Open(options)->Prepare();
  EXPECT_TRUE(prepared.ok()) << prepared;
}

TEST(PostgresLoaders, TryTheNextHostWhenOneIsSilent) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  // Connections are made by the kernel, and nobody answers.
  const int silent = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {.sin_family = AF_INET};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  ASSERT_EQ(::bind(silent, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(::listen(silent, 8), 0);
  ASSERT_EQ(::getsockname(silent, reinterpret_cast<sockaddr*>(&address), &size),
            0);
  Postgres database;
  const std::string url = Server().Url();
  const std::size_t at = url.find('@') + 1;
  LoaderOptions options = {.tables = Tables({}),
                           .connect_timeout = absl::Milliseconds(200)};
  options.database = absl::StrCat(
      url.substr(0, at), "127.0.0.1:", ntohs(address.sin_port), ",127.0.0.1:1,",
      url.substr(at), "?target_session_attrs=read-write");
  absl::Status prepared = database.Open(options)->Prepare();
  EXPECT_TRUE(prepared.ok()) << prepared;
  options.database = absl::StrCat(
      "postgresql://segrid@127.0.0.1:", ntohs(address.sin_port), "/postgres");
  prepared = database.Open(options)->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kUnavailableReason) << prepared;
  ::close(silent);
}

TEST(PostgresLoaders, KeepTheOptionsOfTheirUrl) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  postgres::StopSignal stop;
  const auto connection = postgres::Connection::Open(
      {.url = Server().Url() +
              "?options=-c%20search_path%3Delsewhere&application_name=mine"},
      stop);
  ASSERT_TRUE(connection.ok()) << connection.status();
  const auto shown = (*connection)
                         ->Run(
                             "SELECT current_setting('search_path'), "
                             "current_setting('application_name')");
  ASSERT_TRUE(shown.ok());
  EXPECT_EQ(shown->Get(0, 0), "elsewhere");
  EXPECT_EQ(shown->Get(0, 1), "mine");
}

TEST(PostgresLoaders, SayWhichGrantsAreMissing) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  Server().Query("DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN");
  LoaderOptions options = {.tables = Tables({}), .deletes = true};
  options.database = Server().Url("postgres", "reader");
  const auto said = [&] {
    const auto checked = database.Open(options)->Check();
    return checked.ok() ? absl::StrJoin(*checked, "\n")
                        : std::string(checked.status().message());
  };
  EXPECT_THAT(said(), HasSubstr("GRANT CREATE ON DATABASE postgres TO reader"));
  ASSERT_TRUE(database.Open({.tables = Tables({})})->Prepare().ok());
  const std::string schema = Quoted(database.schema());
  EXPECT_THAT(said(),
              HasSubstr("GRANT USAGE ON SCHEMA " + schema + " TO reader"));
  Server().Query("GRANT USAGE ON SCHEMA " + schema + " TO reader");
  for (const char* const privilege : {"SELECT", "INSERT", "DELETE"}) {
    EXPECT_THAT(said(),
                HasSubstr(absl::StrCat("GRANT ", privilege, " ON ", schema,
                                       ".\"tracks\" TO reader")));
  }
  EXPECT_THAT(said(), HasSubstr("OWNER TO reader"));
  Server().Query("GRANT SELECT, INSERT, DELETE ON ALL TABLES IN SCHEMA " +
                 schema + " TO reader");
  options.create_tables = false;
  EXPECT_EQ(said(), "");
}

TEST(PostgresLoaders, HoldWhereAViewIsInTheWay) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  Postgres database;
  Server().Query("CREATE SCHEMA " + Quoted(database.schema()) +
                 "; CREATE VIEW " + TableName(database.schema(), "tracks") +
                 " AS SELECT 1 AS id");
  const auto prepared = database.Open({.tables = Tables({})})->Prepare();
  EXPECT_EQ(base::ReasonOf(prepared), kMisconfiguredReason) << prepared;
  EXPECT_NE(prepared.message().find("view"), std::string::npos) << prepared;
}

TEST(PostgresLoaders, GoOnAfterTheServerWasKilled) {
  if (!tests::PostgresServer::Installed()) GTEST_SKIP() << "no PostgreSQL";
  tests::PostgresServer server({.fsync = true});
  PostgresLoader loader(
      {.database = server.Url(), .schema = "mail", .tables = Tables({})});
  BatchRows rows;
  Batch batch;
  const std::string track = Track("m1", "Email Opened");
  batch.tracks = {track};
  ASSERT_TRUE(loader.Prepare().ok());
  ASSERT_TRUE(rows.Read(batch, {}, absl::UnixEpoch()).ok());
  ASSERT_TRUE(loader.Load(rows.tables()).ok());
  server.Kill();
  const absl::Status lost = loader.Load(rows.tables());
  EXPECT_EQ(base::ReasonOf(lost), kUnavailableReason) << lost;
  server.Start();
  EXPECT_TRUE(loader.Load(rows.tables()).ok());
  EXPECT_EQ(server.Query("SELECT count(*) FROM mail.tracks"), "1");
}

}  // namespace
}  // namespace segrid::receivers::warehouse
