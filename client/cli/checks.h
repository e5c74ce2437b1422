// What `segrid dry-run` looks at. No event is sent, nothing stays behind.

#pragma once

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/config/config.h"

namespace segrid::cli {

enum class Verdict { kOk, kWarning, kFailed };

// One thing that was looked at.
struct Check {
  std::string name;     // `disk`, `dns`, `tls`, …
  std::string subject;  // What of it: a path, a host, a source.
  Verdict verdict = Verdict::kOk;
  std::string detail;  // Never a secret.
};

using Checks = std::vector<Check>;

// data_dir: that it can be written and synced, how much room there is, and
// whether a server uses it. Writes a file there and removes it; makes no
// directory.
void CheckDisk(const config::Config& config, Checks& checks);

// The addresses of the listeners: that they are free. A server that runs has
// them.
void CheckListeners(const config::Config& config, Checks& checks);

// The certificates of the listeners: that they fit their keys and are valid.
void CheckCertificates(const config::Config& config, Checks& checks);

// The webhooks: how they know that it is SendGrid who posts.
void CheckWebhooks(const config::Config& config, Checks& checks);

// For each source the write key's form and, as the server would connect, the
// endpoint's name and TLS handshake, at most `timeout` each. Meanwhile Segment
// is asked whether it knows its sources' keys, which is no event; no answer
// within 2 s is none. Blocks for them.
void CheckSources(const config::Config& config, absl::Duration timeout,
                  Checks& checks);

}  // namespace segrid::cli
