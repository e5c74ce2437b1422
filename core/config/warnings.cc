#include "core/config/warnings.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "core/catalog/catalog.h"
#include "core/config/nearest.h"
#include "core/config/quantity.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

// Texts of others, in which an address may stand.
constexpr std::array<std::string_view, 3> kMayHoldAddresses = {
    "reason", "response", "smtp-id"};

// The options of a source that may bring the address back.
std::vector<std::string_view> WaysOfAddresses(const Source& source) {
  std::vector<std::string_view> ways;
  for (const std::string& key : source.extra_properties) {
    if (std::find(kMayHoldAddresses.begin(), kMayHoldAddresses.end(), key) !=
        kMayHoldAddresses.end()) {
      ways.push_back(key);
    }
  }
  const CustomArgs& args = source.custom_args;
  if (args.mode == CustomArgs::Mode::kAll || !args.names.empty() ||
      !args.properties.empty()) {
    ways.push_back("custom_args");
  }
  return ways;
}

void WarnOfAddresses(const Config& config, std::vector<std::string>& warnings) {
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const Source& source = config.sources[i];
    const std::vector<std::string_view> ways = WaysOfAddresses(source);
    if (source.personal.email != "omit" || ways.empty()) continue;
    warnings.push_back(Concat(
        {"sources[", std::to_string(i), "].personal.email: is omit, but ",
         List(ways), " of source '", source.name,
         "' may hold addresses, too; leave them out where that matters"}));
  }
}

// A replay that is older than the ids that are kept is accepted once more.
void WarnOfReplays(const Config& config, std::vector<std::string>& warnings) {
  for (const Webhook& webhook : config.webhooks) {
    if (webhook.replay_window <= config.queue.dedup_window) continue;
    warnings.push_back(Concat(
        {"webhook ", webhook.name, " takes posts that were signed up to ",
         DurationText(webhook.replay_window),
         " ago, but message ids are kept for ",
         DurationText(config.queue.dedup_window),
         " only: an older post that is sent again is accepted again; raise "
         "queue.dedup_window or shorten replay_window"}));
  }
}

// SendGrid's names of events that can give a Track, each once.
constexpr auto kEventNames = [] {
  std::array<std::string_view, catalog::kEventCount - 1> names;
  std::size_t count = 0;
  for (const catalog::EventRow& row : catalog::kEvents) {
    if (row.condition == catalog::Condition::kMachine) continue;
    names[count++] = row.sendgrid;
  }
  return names;
}();

// The advice for a name that SendGrid does not post.
std::string SendGridsName(const std::string& name) {
  for (const catalog::EventRow& row : catalog::kEvents) {
    if (row.filter != name) continue;
    const bool is_machine = row.condition == catalog::Condition::kMachine;
    return Concat({"SendGrid's name for it is '", row.sendgrid, "'",
                   is_machine ? ", with sg_machine_open: true beside it" : ""});
  }
  return Suggest(name, kEventNames);
}

// Conditions are on what SendGrid posts, so the names of `events` fit nothing.
void WarnOfEventNames(const std::string& place,
                      const std::vector<Route>& routes,
                      std::vector<std::string>& warnings) {
  for (std::size_t i = 0; i < routes.size(); ++i) {
    const auto found = routes[i].fields.find("event");
    if (found == routes[i].fields.end()) continue;
    for (const std::string& value : found->second) {
      if (std::find(kEventNames.begin(), kEventNames.end(), value) !=
          kEventNames.end()) {
        continue;
      }
      warnings.push_back(
          Concat({place, "[", std::to_string(i), "].event: ", ShownValue(value),
                  " fits nothing, because it is no event that SendGrid posts "
                  "and a source takes; ",
                  SendGridsName(value)}));
    }
  }
}

void WarnOfRoutes(const Config& config, std::vector<std::string>& warnings) {
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const std::string source = Concat({"sources[", std::to_string(i), "]."});
    WarnOfEventNames(source + "only", config.sources[i].only, warnings);
    WarnOfEventNames(source + "not", config.sources[i].except, warnings);
  }
}

// A prefix is for names that no map gives.
void WarnOfPrefixes(const Config& config, std::vector<std::string>& warnings) {
  using Mode = CustomArgs::Mode;
  for (std::size_t i = 0; i < config.sources.size(); ++i) {
    const Source& source = config.sources[i];
    const Mode mode = source.custom_args.mode;
    const bool is_used =
        mode == Mode::kAll ||
        (mode == Mode::kNamed && !source.custom_args.names.empty());
    if (source.custom_args_prefix.empty() || is_used) continue;
    warnings.push_back(Concat(
        {"sources[", std::to_string(i),
         "].custom_args_prefix: goes before no name, because "
         "custom_args is ",
         mode == Mode::kMapped ? "a map, which gives the whole names" : "none",
         "; remove it, or set custom_args to all or a list"}));
  }
}

}  // namespace

std::vector<std::string> Warnings(const Config& config) {
  std::vector<std::string> warnings;
  WarnOfAddresses(config, warnings);
  WarnOfReplays(config, warnings);
  WarnOfRoutes(config, warnings);
  WarnOfPrefixes(config, warnings);
  return warnings;
}

}  // namespace segrid::config
