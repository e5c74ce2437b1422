// A connection to PostgreSQL whose waits are bounded: libpq in non-blocking
// mode, with a deadline for each call and a way to end it from outside.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "libpq-fe.h"

namespace segrid::postgres {

// Ends the waits of connections that look at it. Thread safety: any thread.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  void Set();
  int descriptor() const { return descriptor_; }  // Readable once it is set.

 private:
  int descriptor_;
};

// A failed statement: SQLSTATE, "" when the server did not say any (then the
// connection is lost or was never made), and the primary message. DETAIL and
// CONTEXT, which quote rows, are never kept.
struct Failure {
  std::string sqlstate{};
  std::string message{};
  std::string object{};  // Table, column or constraint that it names, or "".
  // The statement may have been carried out although its answer is missing.
  bool connection_lost = false;
};

// The failure of a status that a Connection returned, or nullopt.
std::optional<Failure> FailureOf(const absl::Status& status);

// Rows of a result, as text. Move-only.
class Result {
 public:
  explicit Result(PGresult* result) : result_(result, &PQclear) {}

  int rows() const { return PQntuples(result_.get()); }
  std::string_view Get(int row, int column) const;
  bool IsNull(int row, int column) const {
    return PQgetisnull(result_.get(), row, column) != 0;
  }
  std::int64_t affected() const;

 private:
  std::unique_ptr<PGresult, decltype(&PQclear)> result_;
};

struct ConnectionOptions {
  std::string url{};  // A libpq URL or keyword string, without a password.
  std::string password{};
  std::string application_name = "segrid";
  absl::Duration connect_timeout = absl::Seconds(5);  // For each host.
  // Limits one call. The server is told the same as statement_timeout.
  absl::Duration statement_timeout = absl::Seconds(60);
};

// Ownership:     keeps a reference to the signal.
// Thread safety: none; one user at a time.
// Blocking:      each call waits for the server, at most for its time-out, and
//                ends at once when the signal is set.
// Errors:        UNAVAILABLE: not connected, lost, timed out or stopped.
//                FAILED_PRECONDITION: the server refused; see FailureOf().
class Connection {
 public:
  // Connects. Several hosts in the URL are tried one after the other, each
  // within the time-out, until one says that the user or the database is wrong.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const ConnectionOptions& options, const StopSignal& stop);

  // Runs statements without parameters, several separated by semicolons too,
  // and returns the last one's result.
  absl::StatusOr<Result> Run(const std::string& sql);

  // Runs one statement with text parameters.
  absl::StatusOr<Result> Run(const std::string& sql,
                             const std::vector<std::string>& parameters);

  // Runs a `COPY … FROM STDIN` and sends it `data`.
  absl::Status CopyIn(const std::string& sql, std::string_view data);

  // 150'020 for 15.20.
  int server_version() const { return PQserverVersion(connection_.get()); }

  // False once the connection was lost: then open a new one.
  bool good() const { return PQstatus(connection_.get()) == CONNECTION_OK; }

 private:
  using Handle = std::unique_ptr<PGconn, decltype(&PQfinish)>;

  // One of the URL's hosts, as parameters of libpq's. Empty: the URL's own.
  struct Host {
    std::string name{};
    std::string address{};
    std::string port{};
  };

  Connection(Handle connection, absl::Duration statement_timeout,
             const StopSignal& stop)
      : connection_(std::move(connection)),
        statement_timeout_(statement_timeout),
        stop_(stop) {}

  static std::vector<Host> HostsOf(const std::string& url);
  static absl::StatusOr<std::unique_ptr<Connection>> OpenHost(
      const ConnectionOptions& options, const Host& host,
      const StopSignal& stop);
  absl::Status SetUp();
  absl::Status Finish(absl::Time deadline, Result* last);
  absl::Status SendAll(absl::Time deadline);
  absl::StatusOr<PGresult*> NextResult(absl::Time deadline);
  absl::Status Lost(std::string_view what);

  Handle connection_;
  absl::Duration statement_timeout_;
  const StopSignal& stop_;
};

}  // namespace segrid::postgres
