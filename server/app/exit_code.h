// How the program ends.

#pragma once

namespace segrid::app {

// Documented in --help; scripts and service managers rely on them.
enum ExitCode : int {
  kExitOk = 0,             // Clean, also after SIGTERM.
  kExitStartFailed = 1,    // A port is taken, the data directory is bad, …
  kExitUsage = 2,          // Wrong options.
  kExitBadConfig = 3,      // The configuration file has errors.
  kExitStuck = 4,          // Something did not end within drain.grace + 1 s.
  kExitInterrupted = 130,  // A second SIGINT.
};

}  // namespace segrid::app
