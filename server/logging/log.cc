#include "server/logging/log.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "server/logging/line.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/sink.h"

namespace segrid::logging {
namespace {

// The limit is per message and level; the level is a byte before the message.
std::string LimitKey(Level level, std::string_view message) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(level)));
  return key.append(message);
}

// Not through stdio: its lock would be held while nobody reads, and the end of
// the process waits for it.
void WriteToStandardError(const std::string& line) {
  std::string_view left = line;
  while (!left.empty()) {
    const ssize_t count = ::write(STDERR_FILENO, left.data(), left.size());
    if (count >= 0) {
      left.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {  // Somebody made it non-blocking.
      pollfd file{STDERR_FILENO, POLLOUT, 0};
      ::poll(&file, 1, -1);
    } else if (errno != EINTR) {
      return;
    }
  }
}

}  // namespace

Level LevelFromName(std::string_view name) {
  if (name == "debug") return Level::kDebug;
  if (name == "warning") return Level::kWarning;
  if (name == "error") return Level::kError;
  return Level::kInfo;
}

Format FormatFromName(std::string_view name) {
  return name == "text" ? Format::kText : Format::kJson;
}

Log::Log(const Options& options, base::Clock& clock)
    : options_(options),
      level_(options.level),
      clock_(clock),
      limiter_(options.limit),
      queue_(std::make_unique<LineQueue>(
          WriteToStandardError, [this](std::int64_t dropped) {
            return TextOf({clock_.Now(),
                           Level::kWarning,
                           "log lines were dropped, because nobody read "
                           "standard error",
                           {{"dropped", dropped}}})
                .append("\n");
          })) {}

Log::Log(const Options& options, base::Clock& clock,
         std::shared_ptr<spdlog::sinks::sink> sink)
    : options_(options),
      level_(options.level),
      clock_(clock),
      limiter_(options.limit),
      logger_(std::make_unique<spdlog::logger>("segrid", std::move(sink))) {
  logger_->set_pattern("%v");
  logger_->set_level(spdlog::level::trace);  // Levels are decided here.
  logger_->flush_on(spdlog::level::trace);
}

Log::~Log() = default;

void Log::Debug(std::string_view message, Fields fields) {
  Write(Level::kDebug, message, fields);
}
void Log::Info(std::string_view message, Fields fields) {
  Write(Level::kInfo, message, fields);
}
void Log::Warning(std::string_view message, Fields fields) {
  Write(Level::kWarning, message, fields);
}
void Log::Error(std::string_view message, Fields fields) {
  Write(Level::kError, message, fields);
}

void Log::Write(Level level, std::string_view message, Fields fields) {
  if (level < level_.load(std::memory_order_relaxed)) return;
  const std::optional<std::int64_t> suppressed =
      limiter_.Admit(LimitKey(level, message), clock_.Uptime());
  if (!suppressed.has_value()) return;
  const Line line{clock_.Now(), level, message, fields, *suppressed};
  const std::string text = TextOf(line);
  if (queue_ != nullptr) return queue_->Push(absl::StrCat(text, "\n"));
  logger_->log(spdlog::level::info,
               spdlog::string_view_t(text.data(), text.size()));
}

std::string Log::TextOf(const Line& line) const {
  return options_.format == Format::kJson ? FormatJson(line) : FormatText(line);
}

bool Log::Flush(absl::Duration timeout) {
  return queue_ == nullptr || queue_->Flush(timeout);
}

}  // namespace segrid::logging
