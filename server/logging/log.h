// The server's log: one line per message on standard error, as JSON or text.

#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "core/base/clock.h"
#include "server/logging/line_limiter.h"
#include "server/logging/line_queue.h"
#include "spdlog/fwd.h"

namespace segrid::logging {

struct Line;

enum class Level : std::uint8_t { kDebug, kInfo, kWarning, kError };
enum class Format : std::uint8_t { kJson, kText };

// The names as they stand in the configuration and in the lines. An unknown
// name gives kInfo and kJson: config::Load has refused it before.
Level LevelFromName(std::string_view name);
Format FormatFromName(std::string_view name);

// A value beside the message. Never an address, a key, a token or anything else
// out of an event.
struct Field {
  std::string_view key;  // Lower snake case.
  std::variant<std::string, std::int64_t, bool> value;
};

struct Options {
  Level level = Level::kInfo;  // Lines below it are dropped.
  Format format = Format::kJson;
  LineLimiter::Options limit{};  // Per message and level.
};

// Writes log lines. A line has the time (UTC, milliseconds), the level, the
// message and the fields. `message` is a constant text: what varies is a field,
// so that lines can be counted, and limited, by their message.
//
// Ownership:     keeps a reference to the clock, which must outlive it.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never on standard error, which a thread writes to (LineQueue);
//                else as the sink does.
// Errors:        a line that cannot be written is dropped; how many were
// dropped
//                because nobody read standard error, a line says afterwards.
class Log {
 public:
  using Fields = std::initializer_list<Field>;

  // Writes to standard error.
  Log(const Options& options, base::Clock& clock);
  // Writes to `sink`; tests look there.
  Log(const Options& options, base::Clock& clock,
      std::shared_ptr<spdlog::sinks::sink> sink);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Lines below `level` are dropped from now on.
  void SetLevel(Level level) { level_ = level; }
  // Whether a line of that level is written, so that nobody makes its fields
  // for nothing.
  bool writes(Level level) const { return level >= level_; }

  void Debug(std::string_view message, Fields fields = {});
  void Info(std::string_view message, Fields fields = {});
  void Warning(std::string_view message, Fields fields = {});
  void Error(std::string_view message, Fields fields = {});

  // Waits until all lines are written, no longer than `timeout`; false when
  // some are not. Call before the process ends without the destructor.
  bool Flush(absl::Duration timeout);

 private:
  void Write(Level level, std::string_view message, Fields fields);
  std::string TextOf(const Line& line) const;

  const Options options_;
  std::atomic<Level> level_;
  base::Clock& clock_;
  LineLimiter limiter_;  // Own locking.
  // One of them, each with its own locking.
  std::unique_ptr<spdlog::logger> logger_;
  std::unique_ptr<LineQueue> queue_;
};

}  // namespace segrid::logging
