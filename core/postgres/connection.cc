#include "core/postgres/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"

namespace segrid::postgres {
namespace {

// A payload of our own: it stays inside the process.
constexpr std::string_view kFailureUrl = "segrid/postgres.Failure";
constexpr char kSeparator = '\x1F';
constexpr char kDefaultPort[] = "5432";

absl::Status MakeFailure(absl::StatusCode code, const Failure& failure) {
  const std::string text =
      failure.sqlstate.empty()
          ? failure.message
          : absl::StrCat("SQLSTATE ", failure.sqlstate, ": ", failure.message);
  absl::Status status(code, text);
  status.SetPayload(
      {kFailureUrl.data(), kFailureUrl.size()},
      absl::Cord(absl::StrCat(failure.sqlstate, std::string(1, kSeparator),
                              failure.message, std::string(1, kSeparator),
                              failure.object, std::string(1, kSeparator),
                              failure.connection_lost ? "1" : "0")));
  return status;
}

std::string FieldOf(const PGresult* result, int code) {
  const char* const text = PQresultErrorField(result, code);
  return text == nullptr ? "" : text;
}

Failure FailureIn(const PGresult* result) {
  Failure failure = {.sqlstate = FieldOf(result, PG_DIAG_SQLSTATE),
                     .message = FieldOf(result, PG_DIAG_MESSAGE_PRIMARY)};
  for (const int code : {PG_DIAG_COLUMN_NAME, PG_DIAG_CONSTRAINT_NAME,
                         PG_DIAG_TABLE_NAME, PG_DIAG_SCHEMA_NAME}) {
    const std::string name = FieldOf(result, code);
    if (name.empty()) continue;
    failure.object =
        failure.object.empty() ? name : absl::StrCat(name, ".", failure.object);
  }
  return failure;
}

// The text of a failed connect or of a lost connection, which libpq gives as
// "FATAL:  28P01: …" and a line LOCATION, because the verbosity asks for the
// state; the first word is in the server's language. The last such line counts.
Failure LastFailure(std::string_view text) {
  constexpr std::string_view kBefore = ":  ";
  constexpr std::string_view kBehind = ": ";
  constexpr std::size_t kStateBytes = 5;
  Failure failure = {.message = std::string(text.substr(0, text.find('\n'))),
                     .connection_lost = true};
  for (std::size_t at = text.find(kBefore); at != std::string_view::npos;
       at = text.find(kBefore, at + 1)) {
    const std::string_view rest = text.substr(at + kBefore.size());
    const std::string_view state = rest.substr(0, kStateBytes);
    const bool is_state =
        rest.substr(std::min(kStateBytes, rest.size())).starts_with(kBehind) &&
        std::all_of(state.begin(), state.end(), [](char c) {
          return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
        });
    if (!is_state) continue;
    const std::string_view message = rest.substr(kStateBytes + kBehind.size());
    failure.sqlstate = std::string(state);
    failure.message = std::string(message.substr(0, message.find('\n')));
  }
  return failure;
}

// User or database are wrong: another host would say the same.
bool IsRefusal(const absl::Status& status) {
  const auto failure = FailureOf(status);
  return failure && (failure->sqlstate.starts_with("28") ||
                     failure->sqlstate.starts_with("3D"));
}

enum class Wake { kReady, kTimeout, kStopped, kFailed };

Wake WaitFor(int socket, short events, const StopSignal& stop,
             absl::Time deadline) {
  std::array<pollfd, 2> watched = {
      pollfd{.fd = socket, .events = events, .revents = 0},
      pollfd{.fd = stop.descriptor(), .events = POLLIN, .revents = 0}};
  while (true) {
    const absl::Duration left = deadline - absl::Now();
    if (left <= absl::ZeroDuration()) return Wake::kTimeout;
    const auto milliseconds =
        static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
    const int ready = ::poll(watched.data(), watched.size(), milliseconds);
    if (ready < 0 && errno != EINTR) return Wake::kFailed;
    if (ready <= 0) continue;
    if (watched[1].revents != 0) return Wake::kStopped;
    return Wake::kReady;
  }
}

std::string_view Describe(Wake wake) {
  switch (wake) {
    case Wake::kTimeout:
      return "the database did not answer in time";
    case Wake::kStopped:
      return "stopped";
    case Wake::kFailed:
    case Wake::kReady:
      return "the connection cannot be waited for";
  }
  return "";
}

absl::Status Unavailable(std::string_view message) {
  return MakeFailure(
      absl::StatusCode::kUnavailable,
      {.message = std::string(message), .connection_lost = true});
}

}  // namespace

StopSignal::StopSignal() : descriptor_(::eventfd(0, EFD_CLOEXEC)) {}

StopSignal::~StopSignal() { ::close(descriptor_); }

void StopSignal::Set() {
  const std::uint64_t one = 1;
  // It cannot fail: the counter is far from its end.
  [[maybe_unused]] const ssize_t written =
      ::write(descriptor_, &one, sizeof(one));
}

std::optional<Failure> FailureOf(const absl::Status& status) {
  const auto payload =
      status.GetPayload({kFailureUrl.data(), kFailureUrl.size()});
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  std::array<std::string, 4> parts;
  std::size_t part = 0;
  for (const char c : text) {
    if (c == kSeparator && part + 1 < parts.size()) {
      ++part;
    } else {
      parts[part] += c;
    }
  }
  return Failure{.sqlstate = parts[0],
                 .message = parts[1],
                 .object = parts[2],
                 .connection_lost = parts[3] == "1"};
}

std::string_view Result::Get(int row, int column) const {
  return {PQgetvalue(result_.get(), row, column),
          static_cast<std::size_t>(PQgetlength(result_.get(), row, column))};
}

std::int64_t Result::affected() const {
  std::int64_t count = 0;
  const char* const text = PQcmdTuples(result_.get());
  return absl::SimpleAtoi(text, &count) ? count : 0;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(
    const ConnectionOptions& options, const StopSignal& stop) {
  absl::Status failed;
  for (const Host& host : HostsOf(options.url)) {
    auto opened = OpenHost(options, host, stop);
    if (opened.ok()) return opened;
    failed = opened.status();
    if (IsRefusal(failed)) break;
  }
  return failed;
}

// libpq, when it must not block, waits for ever for the first host that is
// silent; so it gets one of several hosts at a time.
std::vector<Connection::Host> Connection::HostsOf(const std::string& url) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> parsed(
      PQconninfoParse(url.c_str(), nullptr), &PQconninfoFree);
  std::vector<std::string> names, addresses, ports;
  for (const PQconninfoOption* option = parsed.get();
       option != nullptr && option->keyword != nullptr; ++option) {
    if (option->val == nullptr) continue;
    const std::string_view keyword = option->keyword;
    if (keyword == "host") names = absl::StrSplit(option->val, ',');
    if (keyword == "hostaddr") addresses = absl::StrSplit(option->val, ',');
    if (keyword == "port") ports = absl::StrSplit(option->val, ',');
  }
  const std::size_t count = std::max(names.size(), addresses.size());
  if (count < 2) return {{}};
  const auto at = [](const std::vector<std::string>& values, std::size_t i) {
    return values.size() == 1  ? values[0]
           : i < values.size() ? values[i]
                               : std::string();
  };
  std::vector<Host> hosts;
  for (std::size_t i = 0; i < count; ++i) {
    hosts.push_back({.name = i < names.size() ? names[i] : "",
                     .address = i < addresses.size() ? addresses[i] : "",
                     .port = at(ports, i)});
    // Nothing would leave the whole list.
    if (hosts.back().port.empty()) hosts.back().port = kDefaultPort;
  }
  return hosts;
}

absl::StatusOr<std::unique_ptr<Connection>> Connection::OpenHost(
    const ConnectionOptions& options, const Host& host,
    const StopSignal& stop) {
  std::vector<const char*> keys;
  std::vector<const char*> values;
  const auto add = [&](const char* key, const char* value) {
    keys.push_back(key);
    values.push_back(value);
  };
  // Those before the URL are defaults, those behind it rule.
  add("fallback_application_name", options.application_name.c_str());
  add("keepalives_idle", "10");
  add("keepalives_interval", "5");
  add("tcp_user_timeout", "30000");
  add("dbname", options.url.c_str());
  add("client_encoding", "UTF8");
  const bool is_one_of_several =
      !host.name.empty() || !host.address.empty() || !host.port.empty();
  if (is_one_of_several) {
    add("host", host.name.c_str());
    add("hostaddr", host.address.c_str());
    add("port", host.port.c_str());
  }
  if (!options.password.empty()) add("password", options.password.c_str());
  add(nullptr, nullptr);
  Handle handle(PQconnectStartParams(keys.data(), values.data(), 1), &PQfinish);
  if (handle == nullptr) return Unavailable("there is no memory to connect");
  // Before the first answer, so that a refusal comes with its SQLSTATE.
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);
  const absl::Time deadline = absl::Now() + options.connect_timeout;
  PostgresPollingStatusType polling = PGRES_POLLING_WRITING;
  while (PQstatus(handle.get()) != CONNECTION_BAD &&
         polling != PGRES_POLLING_OK && polling != PGRES_POLLING_FAILED) {
    const short events = polling == PGRES_POLLING_READING ? POLLIN : POLLOUT;
    const Wake wake = WaitFor(PQsocket(handle.get()), events, stop, deadline);
    if (wake != Wake::kReady) return Unavailable(Describe(wake));
    polling = PQconnectPoll(handle.get());
  }
  if (PQstatus(handle.get()) != CONNECTION_OK) {
    Failure failure = LastFailure(PQerrorMessage(handle.get()));
    if (PQconnectionNeedsPassword(handle.get()) != 0) {
      // libpq found out before the server could say so.
      failure.sqlstate = "28P01";
      failure.message = "the server wants a password, and there is none";
    }
    return MakeFailure(failure.sqlstate.empty()
                           ? absl::StatusCode::kUnavailable
                           : absl::StatusCode::kFailedPrecondition,
                       failure);
  }
  PQsetnonblocking(handle.get(), 1);
  std::unique_ptr<Connection> connection(
      new Connection(std::move(handle), options.statement_timeout, stop));
  const absl::Status set_up = connection->SetUp();
  if (!set_up.ok()) return set_up;
  return connection;
}

// By statements, because the URL may have `options` of its own, and because
// connection poolers refuse them.
absl::Status Connection::SetUp() {
  return Run(absl::StrCat(
                 "SET statement_timeout = ",
                 absl::ToInt64Milliseconds(statement_timeout_),
                 "; SET client_min_messages = error; SET timezone = 'UTC'; "
                 "SET datestyle = 'ISO'"))
      .status();
}

absl::StatusOr<Result> Connection::Run(const std::string& sql) {
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    return Lost(PQerrorMessage(connection_.get()));
  }
  Result last(nullptr);
  const absl::Status finished = Finish(absl::Now() + statement_timeout_, &last);
  if (!finished.ok()) return finished;
  return last;
}

absl::StatusOr<Result> Connection::Run(
    const std::string& sql, const std::vector<std::string>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const std::string& parameter : parameters) {
    values.push_back(parameter.c_str());
  }
  if (PQsendQueryParams(connection_.get(), sql.c_str(),
                        static_cast<int>(values.size()), nullptr, values.data(),
                        nullptr, nullptr, 0) == 0) {
    return Lost(PQerrorMessage(connection_.get()));
  }
  Result last(nullptr);
  const absl::Status finished = Finish(absl::Now() + statement_timeout_, &last);
  if (!finished.ok()) return finished;
  return last;
}

absl::Status Connection::CopyIn(const std::string& sql, std::string_view data) {
  const absl::Time deadline = absl::Now() + statement_timeout_;
  if (PQsendQuery(connection_.get(), sql.c_str()) == 0) {
    return Lost(PQerrorMessage(connection_.get()));
  }
  absl::StatusOr<PGresult*> begun = NextResult(deadline);
  if (!begun.ok()) return begun.status();
  const bool copies =
      *begun != nullptr && PQresultStatus(*begun) == PGRES_COPY_IN;
  const Failure failure = copies ? Failure() : FailureIn(*begun);
  PQclear(*begun);
  if (!copies) {
    const absl::Status rest = Finish(deadline, nullptr);
    return rest.ok()
               ? MakeFailure(absl::StatusCode::kFailedPrecondition, failure)
               : rest;
  }
  constexpr std::size_t kPieceBytes = 64 << 10;
  while (!data.empty()) {
    const std::string_view piece = data.substr(0, kPieceBytes);
    const int sent = PQputCopyData(connection_.get(), piece.data(),
                                   static_cast<int>(piece.size()));
    if (sent < 0) return Lost(PQerrorMessage(connection_.get()));
    if (sent > 0) data.remove_prefix(piece.size());
    if (const absl::Status flushed = SendAll(deadline); !flushed.ok()) {
      return flushed;
    }
  }
  while (true) {
    const int ended = PQputCopyEnd(connection_.get(), nullptr);
    if (ended > 0) break;
    if (ended < 0) return Lost(PQerrorMessage(connection_.get()));
    if (const absl::Status flushed = SendAll(deadline); !flushed.ok()) {
      return flushed;
    }
  }
  return Finish(deadline, nullptr);
}

// Takes all results of what was sent: the first failure is the call's.
absl::Status Connection::Finish(absl::Time deadline, Result* last) {
  absl::Status failed;
  while (true) {
    const absl::StatusOr<PGresult*> next = NextResult(deadline);
    if (!next.ok()) return next.status();
    if (*next == nullptr) break;
    Result result(*next);
    switch (PQresultStatus(*next)) {
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
      case PGRES_EMPTY_QUERY:
        if (last != nullptr) *last = std::move(result);
        break;
      default: {
        Failure failure = FailureIn(*next);
        if (failure.sqlstate.empty()) {
          failure.message = PQresultErrorMessage(*next);
          failure.connection_lost = true;
        }
        failure.connection_lost |= !good();
        if (failed.ok()) {
          failed = MakeFailure(failure.sqlstate.empty()
                                   ? absl::StatusCode::kUnavailable
                                   : absl::StatusCode::kFailedPrecondition,
                               failure);
        }
      }
    }
    if (!good()) return failed.ok() ? Lost("the connection was lost") : failed;
  }
  return failed;
}

absl::Status Connection::SendAll(absl::Time deadline) {
  while (true) {
    const int left = PQflush(connection_.get());
    if (left == 0) return absl::OkStatus();
    if (left < 0) return Lost(PQerrorMessage(connection_.get()));
    const Wake wake =
        WaitFor(PQsocket(connection_.get()), POLLIN | POLLOUT, stop_, deadline);
    if (wake != Wake::kReady) return Lost(Describe(wake));
    // The server may say something before it has taken everything.
    if (PQconsumeInput(connection_.get()) == 0) {
      return Lost(PQerrorMessage(connection_.get()));
    }
  }
}

absl::StatusOr<PGresult*> Connection::NextResult(absl::Time deadline) {
  if (const absl::Status sent = SendAll(deadline); !sent.ok()) return sent;
  while (PQisBusy(connection_.get()) != 0) {
    const Wake wake =
        WaitFor(PQsocket(connection_.get()), POLLIN, stop_, deadline);
    if (wake != Wake::kReady) return Lost(Describe(wake));
    if (PQconsumeInput(connection_.get()) == 0) {
      return Lost(PQerrorMessage(connection_.get()));
    }
  }
  return PQgetResult(connection_.get());
}

// The state of what was under way is unknown: the connection is not used again.
absl::Status Connection::Lost(std::string_view what) {
  Failure failure = LastFailure(what);
  if (failure.message.empty()) failure.message = "the connection was lost";
  connection_.reset();
  return MakeFailure(absl::StatusCode::kUnavailable, failure);
}

}  // namespace segrid::postgres
