#include "core/config/warnings.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "core/config/quantity.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

// Texts of others, in which an address may stand.
constexpr std::array<std::string_view, 3> kMayHoldAddresses = {
    "reason", "response", "smtp-id"};

// What a source opts into that may bring the address back.
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

}  // namespace

std::vector<std::string> Warnings(const Config& config) {
  std::vector<std::string> warnings;
  WarnOfAddresses(config, warnings);
  WarnOfReplays(config, warnings);
  return warnings;
}

}  // namespace segrid::config
