#include "client/command_line/profile_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "core/base/read_file.h"
#include "core/base/status_macros.h"
#include "core/config/nearest.h"
#include "core/config/node.h"
#include "core/config/problems.h"
#include "core/config/reader.h"
#include "core/config/text.h"
#include "core/config/yaml_tree.h"

namespace segrid::command_line {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxProfiles = 100;
constexpr std::size_t kMaxTokenBytes = 4'096;

// Like ssh of its keys: a token that others can read is theirs, too. The group
// of a file of root's may read it, because this is how a machine hands out
// secrets: /etc/segrid, or a mounted secret of Kubernetes with fsGroup.
absl::Status CheckRights(const std::string& path) {
  struct stat file {};
  if (::stat(path.c_str(), &file) != 0) return absl::OkStatus();
  if (!S_ISREG(file.st_mode)) return absl::OkStatus();
  if (file.st_uid != ::geteuid() && file.st_uid != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("'", path, "' holds a token and belongs to another user (",
                     file.st_uid, "); use a file of your own"));
  }
  const mode_t others = file.st_uid == 0 ? mode_t{S_IWGRP | S_IXGRP | S_IRWXO}
                                         : mode_t{S_IRWXG | S_IRWXO};
  if ((file.st_mode & others) == 0) return absl::OkStatus();
  return absl::PermissionDeniedError(absl::StrFormat(
      "'%s' holds a token, but its mode %04o lets others reach it; say: chmod "
      "600 %s",
      path, file.st_mode & 07777, path));
}

std::string CheckProfileName(const std::string& name) {
  constexpr std::size_t kMaxName = 63;
  const bool good = name.size() <= kMaxName &&
                    name.find_first_not_of(
                        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01"
                        "23456789_-.") == std::string::npos;
  return good ? "" : "must be 1 to 63 of a-z, A-Z, 0-9, '_', '-' and '.'";
}

std::string_view CheckToken(std::string_view token) {
  if (token.size() > kMaxTokenBytes) return "is over 4096 characters";
  for (const char c : token) {
    if (c < '!' || c > '~') return "must be printable ASCII without spaces";
  }
  return "";
}

// The keys of the file itself.
void FileRows(config::Fields& fields, ProfileFile& file) {
  fields.Text("default_profile", file.default_profile,
              {.check = CheckProfileName});
  fields.Sections("profiles", file.profiles, kMaxProfiles);
  for (std::size_t i = 0; i < file.profiles.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      fields.Check(file.profiles[i].name.empty() ||
                       file.profiles[i].name != file.profiles[j].name,
                   absl::StrCat("profiles[", i, "].name"),
                   absl::StrCat("is already the name of profiles[", j,
                                "]; give each another"));
    }
  }
}

std::string HomeOf(const config::Environment& environment) {
  return environment.variable("HOME").value_or("");
}

void MakeAbsolute(std::string& path, const fs::path& folder,
                  const std::string& home) {
  if (path.empty()) return;
  if (path.starts_with("~/") && !home.empty()) path.replace(0, 1, home);
  path = (folder / path).string();
}

bool HoldsToken(const ProfileFile& file) {
  for (const Profile& profile : file.profiles) {
    if (!profile.token.empty()) return true;
  }
  return false;
}

std::string NamesOf(const ProfileFile& file) {
  std::string names;
  for (const Profile& profile : file.profiles) {
    absl::StrAppend(&names, names.empty() ? "" : ", ", profile.name);
  }
  return names;
}

absl::StatusOr<ProfileFile> Parse(const std::string& text,
                                  const std::string& path,
                                  const config::Environment& environment) {
  config::Problems problems(path);
  ProfileFile file;
  file.path = path;
  const std::optional<config::Node> root = config::ParseYaml(text, problems);
  if (root.has_value()) {
    if (root->kind == config::Node::Kind::kMap ||
        root->kind == config::Node::Kind::kNull) {
      config::Reading reading{problems, environment, {}};
      config::Reader reader(reading, *root, "");
      FileRows(reader, file);
      reader.RefuseOtherKeys();
    } else if (root->kind != config::Node::Kind::kBroken) {
      problems.Add(root->position, "",
                   "must be a section with the keys default_profile and "
                   "profiles");
    }
  }
  SEGRID_RETURN_IF_ERROR(problems.ToStatus());
  const std::string home = HomeOf(environment);
  const fs::path folder = fs::path(path).parent_path();
  for (Profile& profile : file.profiles) {
    for (std::string* each : {&profile.tls_ca, &profile.tls_cert,
                              &profile.tls_key, &profile.token_file}) {
      MakeAbsolute(*each, folder, home);
    }
  }
  return file;
}

}  // namespace

void Rows(config::Fields& fields, Profile& profile) {
  fields.Text("name", profile.name, {.check = CheckProfileName});
  fields.Require(true, "name", "is missing; it is what --profile says");
  fields.Text("server", profile.server, {});
  fields.Flag("tls", profile.tls);
  fields.Text("tls_ca", profile.tls_ca, {});
  fields.Text("tls_cert", profile.tls_cert, {});
  fields.Text("tls_key", profile.tls_key, {});
  fields.Text("tls_server_name", profile.tls_server_name, {});
  fields.Secret("token", profile.token, CheckToken);
  fields.Text("token_file", profile.token_file, {});
  fields.Check(profile.token.empty() || profile.token_file.empty(),
               "token_file", "does not go with token; keep one, best this");
  fields.Check(profile.tls_cert.empty() || !profile.tls_key.empty(), "tls_cert",
               "needs tls_key, the file of its key");
  fields.Check(profile.tls_key.empty() || !profile.tls_cert.empty(), "tls_key",
               "needs tls_cert, the file of its certificate");
}

std::string ProfilePath(const config::Environment& environment) {
  constexpr std::string_view kName = "segrid/config.yaml";
  const std::string folder =
      environment.variable("XDG_CONFIG_HOME").value_or("");
  if (folder.starts_with("/")) return (fs::path(folder) / kName).string();
  const std::string home = HomeOf(environment);
  if (home.empty()) return "";
  return (fs::path(home) / ".config" / kName).string();
}

absl::StatusOr<std::optional<ProfileFile>> ReadProfiles(
    const std::string& path, const config::Environment& environment) {
  if (path.empty()) return std::nullopt;
  const absl::StatusOr<std::string> text =
      environment.read_file(path, config::kMaxFileBytes);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  if (!text.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the profile file '", path, "' ",
                     std::string(text.status().message())));
  }
  SEGRID_ASSIGN_OR_RETURN(ProfileFile file, Parse(*text, path, environment));
  if (HoldsToken(file)) SEGRID_RETURN_IF_ERROR(CheckRights(path));
  return file;
}

absl::StatusOr<Profile> FindProfile(const std::optional<ProfileFile>& file,
                                    const std::string& path,
                                    const std::string& name) {
  if (!file.has_value()) {
    return absl::NotFoundError(absl::StrCat(
        "there is no profile ", config::ShownValue(name), ", because ",
        path.empty() ? "neither XDG_CONFIG_HOME nor HOME is set"
                     : absl::StrCat("there is no file '", path, "'")));
  }
  std::vector<std::string_view> names;
  for (const Profile& profile : file->profiles) {
    if (profile.name == name) return profile;
    names.push_back(profile.name);
  }
  std::string error =
      absl::StrCat("there is no profile ", config::ShownValue(name), " in '",
                   file->path, "'; ");
  const std::string nearest(config::Nearest(name, names));
  if (!nearest.empty()) {
    absl::StrAppend(&error, "did you mean '", nearest, "'? ");
  }
  absl::StrAppend(
      &error, names.empty() ? "it has none" : "there are: " + NamesOf(*file));
  return absl::NotFoundError(error);
}

absl::StatusOr<std::string> ReadTokenFile(const std::string& path) {
  SEGRID_RETURN_IF_ERROR(CheckRights(path));
  const absl::StatusOr<std::string> text =
      base::ReadFile(path, kMaxTokenBytes + 2);
  if (!text.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the token file '", path, "' ", std::string(text.status().message())));
  }
  absl::string_view token = *text;
  while (absl::ConsumeSuffix(&token, "\n") ||
         absl::ConsumeSuffix(&token, "\r")) {
  }
  const std::string_view problem =
      token.empty() ? "is empty"
                    : CheckToken(std::string_view(token.data(), token.size()));
  if (problem.empty()) return std::string(token);
  return absl::InvalidArgumentError(
      absl::StrCat("the token in '", path, "' ", std::string(problem)));
}

}  // namespace segrid::command_line
