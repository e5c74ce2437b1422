#include "client/command_line/server_options.h"

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "client/command_line/profile_file.h"
#include "core/base/status_macros.h"

namespace segrid::command_line {
namespace {

// A setting that is a text, except for the token.
struct Text {
  const char* name;
  std::string ServerOptions::*value;
  std::string Profile::*in_profile;
};

constexpr std::array<Text, 5> kTexts = {{
    {"server", &ServerOptions::address, &Profile::server},
    {"tls-ca", &ServerOptions::tls_ca, &Profile::tls_ca},
    {"tls-cert", &ServerOptions::tls_cert, &Profile::tls_cert},
    {"tls-key", &ServerOptions::tls_key, &Profile::tls_key},
    {"tls-server-name", &ServerOptions::tls_server_name,
     &Profile::tls_server_name},
}};

constexpr const char* kGroup = "TLS";

// Where the parse got an option from.
enum class From { kNowhere, kCommandLine, kEnvironment };

From FromOf(const CLI::App& command, const std::string& name) {
  const CLI::Option* const option = command.get_option_no_throw("--" + name);
  if (option == nullptr || option->count() == 0) return From::kNowhere;
  const std::string& variable = option->get_envname();
  const char* const value =
      variable.empty() ? nullptr : std::getenv(variable.c_str());
  const bool same =
      value != nullptr && option->results() == std::vector<std::string>{value};
  return same ? From::kEnvironment : From::kCommandLine;
}

const char* NameOf(From from) {
  return from == From::kEnvironment ? "environment" : "option";
}

void AddToken(CLI::App& command, ServerOptions& options) {
  // A token on the command line would be in everybody's list of processes.
  command
      .add_option("--token", options.token,
                  "Bearer token; better in a file or the environment, because "
                  "everybody sees command lines")
      ->type_name("TOKEN")
      ->envname("SEGRID_TOKEN");
  command
      .add_option("--token-file", options.token_file,
                  "File with the bearer token, that only you may read")
      ->type_name("FILE")
      ->envname("SEGRID_TOKEN_FILE");
}

// The profile that is asked for, or the file's default.
absl::StatusOr<std::optional<Profile>> ChooseProfile(
    const Sources& sources, const config::Environment& environment,
    const std::string& asked) {
  if (asked.empty() && !sources.default_profile) return std::nullopt;
  const std::string path = ProfilePath(environment);
  SEGRID_ASSIGN_OR_RETURN(const std::optional<ProfileFile> file,
                          ReadProfiles(path, environment));
  std::string name = asked;
  if (name.empty() && file.has_value()) name = file->default_profile;
  if (name.empty()) return std::nullopt;
  SEGRID_ASSIGN_OR_RETURN(Profile profile, FindProfile(file, path, name));
  return profile;
}

// Takes `token` or `token_file` from the first source that has one of them.
absl::Status ResolveToken(const CLI::App& command,
                          const std::optional<Profile>& profile,
                          ServerOptions& options) {
  const From token = FromOf(command, "token");
  const From file = FromOf(command, "token-file");
  std::string from;
  if (token != From::kNowhere && token == file) {
    return absl::InvalidArgumentError(
        token == From::kCommandLine
            ? "--token does not go with --token-file; give one"
            : "SEGRID_TOKEN does not go with SEGRID_TOKEN_FILE; set one");
  }
  if (token != From::kNowhere &&
      (token == From::kCommandLine || file == From::kNowhere)) {
    options.token_file.clear();
    from = NameOf(token);
  } else if (file != From::kNowhere) {
    options.token.clear();
    from = NameOf(file);
  } else if (profile.has_value()) {
    options.token = profile->token.Reveal();
    options.token_file = profile->token_file;
    from = "profile";
  }
  if (!options.token_file.empty()) {
    SEGRID_ASSIGN_OR_RETURN(options.token, ReadTokenFile(options.token_file));
  }
  const bool has_one = !options.token.empty();
  if (!has_one) from = "default";
  options.settings.push_back(
      {.name = "token",
       .value = !options.token_file.empty()
                    ? absl::StrCat("*** of ", options.token_file)
                    : (has_one ? "***" : ""),
       .from = from});
  return absl::OkStatus();
}

void ResolveText(const CLI::App& command, const Text& text,
                 const std::optional<Profile>& profile,
                 const std::string& fallback, ServerOptions& options) {
  std::string& value = options.*text.value;
  const From from = FromOf(command, text.name);
  Setting setting{.name = text.name, .value = "", .from = "default"};
  if (from != From::kNowhere) {
    setting.from = NameOf(from);
  } else if (profile.has_value() && !((*profile).*text.in_profile).empty()) {
    value = (*profile).*text.in_profile;
    setting.from = "profile";
  } else {
    value = fallback;
  }
  setting.value = value;
  options.settings.push_back(std::move(setting));
}

void ResolveTls(const CLI::App& command, const std::optional<Profile>& profile,
                ServerOptions& options) {
  const From from = FromOf(command, "tls");
  Setting setting{.name = "tls", .value = "", .from = "default"};
  if (from != From::kNowhere) {
    setting.from = NameOf(from);
  } else if (profile.has_value() && profile->tls) {
    options.tls = true;
    setting.from = "profile";
  }
  setting.value = options.uses_tls() ? "true" : "false";
  if (!options.tls && options.uses_tls()) setting.from = "implied";
  options.settings.push_back(std::move(setting));
}

absl::Status CheckPair(const ServerOptions& options) {
  if (options.tls_cert.empty() == options.tls_key.empty()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      options.tls_key.empty()
          ? "--tls-cert needs --tls-key, the file of its key"
          : "--tls-key needs --tls-cert, the file of its certificate");
}

// The messages of a file come in lines; an error of a command line is one.
absl::Status InOneLine(const absl::Status& status) {
  return absl::Status(
      status.code(),
      absl::StrReplaceAll(std::string(status.message()), {{"\n", "; also "}}));
}

}  // namespace

bool ServerOptions::uses_tls() const {
  return tls || !tls_ca.empty() || !tls_cert.empty() ||
         !tls_server_name.empty();
}

ClientOptions ServerOptions::ToClientOptions() const {
  ClientOptions options;
  options.address = address;
  options.wait_for_ready = false;
  options.token = token;
  if (uses_tls()) {
    options.tls = TlsOptions{.ca_file = tls_ca,
                             .cert_file = tls_cert,
                             .key_file = tls_key,
                             .server_name = tls_server_name};
  }
  return options;
}

void AddTlsOptions(CLI::App& command, ServerOptions& options) {
  command
      .add_option("--tls-ca", options.tls_ca,
                  "PEM file of the server's authorities [the system's]")
      ->type_name("FILE")
      ->envname("SEGRID_TLS_CA")
      ->group(kGroup);
  command
      .add_option("--tls-cert", options.tls_cert,
                  "PEM file of the own certificate; needs --tls-key")
      ->type_name("FILE")
      ->envname("SEGRID_TLS_CERT")
      ->group(kGroup);
  command
      .add_option("--tls-key", options.tls_key,
                  "PEM file of the own key; needs --tls-cert")
      ->type_name("FILE")
      ->envname("SEGRID_TLS_KEY")
      ->group(kGroup);
}

void AddServerOptions(CLI::App& command, ServerOptions& options) {
  command
      .add_option("--server", options.address,
                  absl::StrCat("The server: host:port or unix:path [",
                               kDefaultServer, "]"))
      ->type_name("ADDRESS")
      ->envname("SEGRID_SERVER");
  command
      .add_option("--profile", options.profile,
                  "Take what is not said here from this profile of "
                  "~/.config/segrid/config.yaml")
      ->type_name("NAME")
      ->envname("SEGRID_PROFILE");
  AddToken(command, options);
  command
      .add_flag("--tls", options.tls,
                "Use TLS, with the system's authorities unless --tls-ca is "
                "given; the other options of TLS imply it")
      ->envname("SEGRID_TLS")
      ->group(kGroup);
  AddTlsOptions(command, options);
  command
      .add_option("--tls-server-name", options.tls_server_name,
                  "Name in the server's certificate [its host]")
      ->type_name("NAME")
      ->envname("SEGRID_TLS_SERVER_NAME")
      ->group(kGroup);
}

absl::Status Resolve(const CLI::App& command, const Sources& sources,
                     const config::Environment& environment,
                     ServerOptions& options) {
  options.settings.clear();
  const From asked = FromOf(command, "profile");
  Sources allowed = sources;
  // It is for commands that name no server: its token and its TLS are not for
  // any other.
  if (FromOf(command, "server") != From::kNowhere) {
    allowed.default_profile = false;
  }
  const absl::StatusOr<std::optional<Profile>> profile =
      ChooseProfile(allowed, environment, options.profile);
  if (!profile.ok()) return InOneLine(profile.status());
  options.settings.push_back(
      {.name = "profile",
       .value = profile->has_value() ? (*profile)->name : "",
       .from = asked != From::kNowhere ? NameOf(asked)
               : profile->has_value()  ? "profile"
                                       : "default"});
  for (const Text& text : kTexts) {
    const bool is_server = text.value == &ServerOptions::address;
    ResolveText(command, text, *profile,
                is_server && sources.default_server ? kDefaultServer : "",
                options);
  }
  ResolveTls(command, *profile, options);
  SEGRID_RETURN_IF_ERROR(ResolveToken(command, *profile, options));
  return CheckPair(options);
}

bool IsOnCommandLine(const CLI::App& command, const std::string& option) {
  return FromOf(command, option) == From::kCommandLine;
}

}  // namespace segrid::command_line
