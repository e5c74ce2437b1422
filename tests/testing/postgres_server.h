// A PostgreSQL server for a test; the recipe is postgres.sh.

#pragma once

#include <string>
#include <vector>

namespace segrid::tests {

// A server in a temporary folder that listens on a unix socket there, as a user
// who is not root. Skip the test when Installed() is false.
//
// Blocking: the functions wait for PostgreSQL's programs. Failures abort the
// test program with what they said, because nothing can be tested then.
class PostgresServer {
 public:
  struct Options {
    bool fsync = false;                   // For tests that kill it.
    std::vector<std::string> settings{};  // "name=value"
  };

  static bool Installed();

  explicit PostgresServer(const Options& options);
  PostgresServer() : PostgresServer(Options()) {}
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // A URL for the superuser, or for another role or database.
  std::string Url(const std::string& database = "postgres",
                  const std::string& role = "segrid") const;

  // What psql prints of the statements, without headers, columns by '|'; of one
  // that fails, the error.
  std::string Query(const std::string& sql,
                    const std::string& database = "postgres") const;

  void Start();
  void Stop();  // Fast: open connections are ended.
  void Kill();  // kill -9 of the postmaster and its children, as a crash.

 private:
  // Runs the recipe; returns what it printed.
  std::string Run(const std::vector<std::string>& arguments,
                  bool may_fail = false) const;

  std::string folder_;
  Options options_;
};

}  // namespace segrid::tests
