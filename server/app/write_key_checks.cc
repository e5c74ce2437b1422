#include "server/app/write_key_checks.h"

#include <string>
#include <utility>

#include "core/config/environment.h"

namespace segrid::app {

using receivers::segment::WriteKeyAnswer;
using receivers::segment::WriteKeyCheck;

WriteKeyChecks::WriteKeyChecks(const config::Config& config, logging::Log& log,
                               base::Clock& clock, pool::ThreadPool& pool) {
  const http::Variables variable = config::ProcessEnvironment().variable;
  for (const config::Source& source : config.sources) {
    if (!source.check_write_key || source.receiver != "segment") continue;
    auto check =
        WriteKeyCheck::Create({.write_key = source.write_key,
                               .endpoint = source.settings_endpoint,
                               .allow_http = source.allow_http,
                               .tls = {.ca_file = source.ca_file},
                               .proxy = {.proxy = source.proxy,
                                         .proxy_auth = source.proxy_auth,
                                         .variable = variable}},
                              pool.io(), clock);
    if (!check.ok()) continue;  // Its receiver has said why.
    checks_.push_back(*std::move(check));
    checks_.back()->Ask([&log, name = source.name](WriteKeyAnswer answer) {
      if (answer == WriteKeyAnswer::kKnown) {
        log.Info("Segment knows the write key", {{"source", name}});
      } else if (answer == WriteKeyAnswer::kUnknown) {
        log.Warning(
            "Segment does not know the write key, so it may take events and "
            "lose them: compare the key with the source's settings in Segment, "
            "and look into its Debugger; a new source is known after a while",
            {{"source", name}});
      }
    });
  }
}

}  // namespace segrid::app
