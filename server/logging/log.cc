#include "server/logging/log.h"

#include <optional>
#include <utility>

#include "server/logging/line.h"
#include "spdlog/logger.h"
#include "spdlog/sinks/stdout_sinks.h"

namespace segrid::logging {
namespace {

// The limit is per message and level; the level is a byte before the message.
std::string LimitKey(Level level, std::string_view message) {
  std::string key(1, static_cast<char>('0' + static_cast<int>(level)));
  return key.append(message);
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
    : Log(options, clock, std::make_shared<spdlog::sinks::stderr_sink_mt>()) {}

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
  const std::string text =
      options_.format == Format::kJson ? FormatJson(line) : FormatText(line);
  logger_->log(spdlog::level::info,
               spdlog::string_view_t(text.data(), text.size()));
}

}  // namespace segrid::logging
