// The file that names servers, so that commands need not.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/base/secret.h"
#include "core/config/environment.h"
#include "core/config/fields.h"

namespace segrid::command_line {

// How a server is reached. Empty: the file does not say it.
struct Profile {
  std::string name;
  std::string server;
  bool tls = false;
  std::string tls_ca;  // Paths start at the file's folder; `~/` is the home.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;
  base::Secret token;
  std::string token_file;
};

// The contents of the file.
struct ProfileFile {
  std::string path;
  std::string
      default_profile;  // When none is named, nor a server. Empty: none.
  std::vector<Profile> profiles;
};

// The keys of the file.
void Rows(config::Fields& fields, Profile& profile);

// `$XDG_CONFIG_HOME/segrid/config.yaml`, or `~/.config/segrid/config.yaml`
// where that variable is not set or no absolute path; "" without a home.
std::string ProfilePath(const config::Environment& environment);

// Reads the file at `path`; nullopt when there is none. Blocking.
//
// INVALID_ARGUMENT: what is wrong with it, by line and column; a mistyped key
// comes with the one that may be meant.
// PERMISSION_DENIED: it holds a token and others may read it.
absl::StatusOr<std::optional<ProfileFile>> ReadProfiles(
    const std::string& path, const config::Environment& environment);

// The profile `name`. NOT_FOUND lists those that there are. `file` is nullopt
// when the file at `path` is not there.
absl::StatusOr<Profile> FindProfile(const std::optional<ProfileFile>& file,
                                    const std::string& path,
                                    const std::string& name);

// The token in a file of one line. INVALID_ARGUMENT, PERMISSION_DENIED as
// above. Blocking.
absl::StatusOr<std::string> ReadTokenFile(const std::string& path);

}  // namespace segrid::command_line
