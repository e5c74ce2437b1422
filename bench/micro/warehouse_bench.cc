// Question: how fast are Tracks loaded into a warehouse's tables, and how far
// is that from writing rows that are ready in the barest way?
// Read as:  rows/s by the clock, because the database works, too. The bare way
//           has the same rows, tables, indexes, transactions and database.
//           Budget: BM_PostgresLoad at least 0.5 of BM_PostgresBareCopy, and
//           BM_SqliteLoad at least 0.5 of BM_SqliteBareInserts.

#include <sqlite3.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "bench/micro/corpus.h"
#include "benchmark/benchmark.h"
#include "core/base/process.h"
#include "core/postgres/connection.h"
#include "core/receivers/warehouse/batch_rows.h"
#include "core/receivers/warehouse/copy_format.h"
#include "core/receivers/warehouse/ddl.h"
#include "core/receivers/warehouse/postgres_loader.h"
#include "core/receivers/warehouse/sqlite_loader.h"
#include "simdjson.h"
#include "tests/testing/postgres_server.h"

namespace segrid::bench {
namespace {

namespace warehouse = receivers::warehouse;

constexpr std::size_t kBatch = 1'000;  // Tracks.
constexpr int kBatches = 60;           // In a run; the tables grow.

[[noreturn]] void Fail(std::string_view what) {
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void Check(const absl::Status& status) {
  if (!status.ok()) Fail(std::string(status.message()));
}

// A batch's Tracks, with ids that no batch had before.
class Batches {
 public:
  Batches() {
    simdjson::dom::parser parser;
    for (const auto event : parser.parse(MakeBody(kBatch, 0))) {
      AddTrack(event);
    }
  }

  receivers::Batch Next() {
    ++number_;
    receivers::Batch batch;
    for (std::size_t i = 0; i < tracks_.size(); ++i) {
      // Spread, as SendGrid's ids are.
      const std::uint64_t id =
          (number_ * kBatch + i) * std::uint64_t{0x9E3779B97F4A7C15};
      tracks_[i].replace(kIdAt, kIdSize, absl::StrFormat("%016x-bench", id));
      batch.tracks.push_back(tracks_[i]);
      batch.accepted_times.push_back(absl::FromUnixSeconds(1'700'000'000));
    }
    return batch;
  }

 private:
  static constexpr std::size_t kIdSize = 22;
  static constexpr std::size_t kIdAt = 14;  // Behind {"messageId":"

  void AddTrack(simdjson::dom::element event);

  std::uint64_t number_ = 0;
  std::vector<std::string> tracks_;
};

std::string_view TextOf(simdjson::dom::element event, const char* key) {
  std::string_view text;
  if (event[key].get(text) != simdjson::SUCCESS) return "";
  return text;
}

void Batches::AddTrack(simdjson::dom::element event) {
  const std::pair<std::string_view, std::string_view> events[] = {
      {"processed", "Email Processed"}, {"delivered", "Email Delivered"},
      {"open", "Email Opened"},         {"click", "Email Link Clicked"},
      {"bounce", "Email Bounced"},      {"dropped", "Email Dropped"}};
  std::string_view name = "Unsubscribed";
  for (const auto& [sendgrid, segment] : events) {
    if (TextOf(event, "event") == sendgrid) name = segment;
  }
  tracks_.push_back(absl::StrCat(
      R"({"messageId":")", std::string(kIdSize, '0'),
      R"(","type":"track","anonymousId":")",
      absl::StrFormat("%064x", tracks_.size() * 7'919), R"(","event":")",
      std::string(name),
      R"(","timestamp":"2026-06-09T18:19:12.000Z","properties":{)"
      R"("email_type":"Singlesend","template_id":"d-355ddad6",)"
      R"("test_phase":false,"unsubscribe_group_id":42,)"
      R"("categories":["news","june"],"campaign_name":"June news",)"
      R"("campaign_id":"fc59bd25-5cb1-11ec-a05d-f2509ce774e9"},)"
      R"("context":{"library":{"name":"segrid","version":"0.1.0"},)"
      R"("traits":{"email":")",
      std::string(TextOf(event, "email")),
      R"(","ip":"203.0.113.9","user_agent":"Mozilla/5.0"}}})"));
}

warehouse::LoaderOptions Options() {
  return {.schema = "loaded", .tables = warehouse::Tables({})};
}

// The rows of a batch, and those of `tracks` last.
class ReadyRows {
 public:
  explicit ReadyRows(const receivers::Batch& batch) {
    Check(rows_.Read(batch, {}, absl::Now()));
    tables_ = rows_.tables();
    warehouse::TableRows tracks = {.table = warehouse::TracksTable()};
    for (const warehouse::TableRows& table : tables_) {
      for (const warehouse::Row& row : table.rows) {
        tracks.rows.push_back(row);
        tracks.rows.back().values.resize(tracks.table.columns.size());
      }
    }
    tables_.push_back(std::move(tracks));
  }
  const std::vector<warehouse::TableRows>& tables() const { return tables_; }

 private:
  warehouse::BatchRows rows_;
  std::vector<warehouse::TableRows> tables_;
};

std::string ColumnList(const warehouse::Table& table) {
  return absl::StrJoin(table.columns, ", ",
                       [](std::string* out, const auto& c) {
                         absl::StrAppend(out, "\"", c.name, "\"");
                       });
}

// A server that keeps its promises, with fsync, and ends with the program.
const tests::PostgresServer& Server() {
  static const tests::PostgresServer server({.fsync = true});
  return server;
}

void Loads(benchmark::State& state, warehouse::Loader& loader) {
  Batches batches;
  Check(loader.Prepare());
  warehouse::BatchRows rows;
  for (auto _ : state) {
    state.PauseTiming();
    const receivers::Batch batch = batches.Next();
    state.ResumeTiming();
    Check(rows.Read(batch, loader.known_columns(), absl::Now()));
    Check(loader.Load(rows.tables()));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kBatch));
}

void BM_PostgresLoad(benchmark::State& state) {
  Server().Query("DROP SCHEMA IF EXISTS loaded CASCADE");
  warehouse::LoaderOptions options = Options();
  options.database = Server().Url();
  warehouse::PostgresLoader loader(options);
  Loads(state, loader);
}
BENCHMARK(BM_PostgresLoad)->Iterations(kBatches)->UseRealTime();

void BM_PostgresBareCopy(benchmark::State& state) {
  Server().Query("DROP SCHEMA IF EXISTS bare CASCADE");
  Server().Query(warehouse::Script(warehouse::Dialect::kPostgres, "bare",
                                   warehouse::Tables({})));
  postgres::StopSignal stop;
  auto opened = postgres::Connection::Open({.url = Server().Url()}, stop);
  Check(opened.status());
  postgres::Connection& connection = **opened;
  Batches batches;
  for (auto _ : state) {
    state.PauseTiming();
    const ReadyRows rows(batches.Next());
    std::vector<std::pair<std::string, std::string>> copies;
    for (const warehouse::TableRows& table : rows.tables()) {
      auto& [sql, bytes] = copies.emplace_back();
      sql =
          absl::StrCat("COPY bare.", table.table.name, " (",
                       ColumnList(table.table), ") FROM STDIN (FORMAT binary)");
      warehouse::WriteCopy({&table, 1}, table.table.columns.size(), bytes);
    }
    state.ResumeTiming();
    Check(connection.Run("BEGIN").status());
    for (const auto& [sql, bytes] : copies) {
      Check(connection.CopyIn(sql, bytes));
    }
    Check(connection.Run("COMMIT").status());
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kBatch));
}
BENCHMARK(BM_PostgresBareCopy)->Iterations(kBatches)->UseRealTime();

// A folder for a file; removed at the end.
class Folder {
 public:
  Folder() {
    name_ = (std::filesystem::temp_directory_path() / "segrid_bench_XXXXXX")
                .string();
    if (::mkdtemp(name_.data()) == nullptr) Fail("no folder");
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(name_, ignored);
  }
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

void BM_SqliteLoad(benchmark::State& state) {
  const Folder folder;
  warehouse::SqliteLoader loader(Options(), folder.name(), "events.db");
  Loads(state, loader);
}
BENCHMARK(BM_SqliteLoad)->Iterations(kBatches)->UseRealTime();

// Rows with prepared statements, and nothing else.
class BareSqlite {
 public:
  explicit BareSqlite(const std::string& path) {
    if (sqlite3_open(path.c_str(), &database_) != SQLITE_OK) Fail(path);
    Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    Run(warehouse::Script(warehouse::Dialect::kSqlite, "",
                          warehouse::Tables({})));
  }
  ~BareSqlite() {
    for (const auto& [name, statement] : inserts_) sqlite3_finalize(statement);
    sqlite3_close(database_);
  }

  void Run(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) !=
        SQLITE_OK) {
      Fail(sqlite3_errmsg(database_));
    }
  }

  void Insert(const warehouse::TableRows& rows) {
    sqlite3_stmt* const insert = InsertInto(rows.table);
    for (const warehouse::Row& row : rows.rows) {
      for (std::size_t i = 0; i < rows.table.columns.size(); ++i) {
        Bind(insert, static_cast<int>(i) + 1,
             i < row.values.size() ? row.values[i] : warehouse::Value());
      }
      if (sqlite3_step(insert) != SQLITE_DONE) Fail(sqlite3_errmsg(database_));
      sqlite3_reset(insert);
    }
  }

 private:
  static void Bind(sqlite3_stmt* statement, int index,
                   const warehouse::Value& value) {
    using Kind = warehouse::Value::Kind;
    if (value.kind == Kind::kNull) {
      sqlite3_bind_null(statement, index);
    } else if (value.kind == Kind::kText || value.kind == Kind::kTime) {
      sqlite3_bind_text(statement, index, value.text.data(),
                        static_cast<int>(value.text.size()), SQLITE_STATIC);
    } else {
      sqlite3_bind_int64(statement, index, value.number);
    }
  }

  sqlite3_stmt* InsertInto(const warehouse::Table& table) {
    sqlite3_stmt*& insert = inserts_[table.name];
    if (insert != nullptr) return insert;
    std::string places = "?";
    for (std::size_t i = 1; i < table.columns.size(); ++i) places += ", ?";
    const std::string sql =
        absl::StrCat("INSERT INTO ", table.name, " (", ColumnList(table),
                     ") VALUES (", places, ")");
    if (sqlite3_prepare_v2(database_, sql.c_str(), -1, &insert, nullptr) !=
        SQLITE_OK) {
      Fail(sqlite3_errmsg(database_));
    }
    return insert;
  }

  sqlite3* database_ = nullptr;
  std::map<std::string, sqlite3_stmt*> inserts_;
};

void BM_SqliteBareInserts(benchmark::State& state) {
  const Folder folder;
  BareSqlite database(folder.name() + "/events.db");
  Batches batches;
  for (auto _ : state) {
    state.PauseTiming();
    const ReadyRows rows(batches.Next());
    state.ResumeTiming();
    database.Run("BEGIN IMMEDIATE");
    for (const warehouse::TableRows& table : rows.tables()) {
      database.Insert(table);
    }
    database.Run("COMMIT");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(kBatch));
}
BENCHMARK(BM_SqliteBareInserts)->Iterations(kBatches)->UseRealTime();

}  // namespace
}  // namespace segrid::bench

// Without PostgreSQL only SQLite is measured.
int main(int argc, char** argv) {
  segrid::base::TuneProcess();
  benchmark::Initialize(&argc, argv);
  if (!segrid::tests::PostgresServer::Installed()) {
    benchmark::SetBenchmarkFilter("Sqlite");
  }
  benchmark::RunSpecifiedBenchmarks();
}
