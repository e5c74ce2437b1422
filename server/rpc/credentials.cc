#include "server/rpc/credentials.h"

#include <fcntl.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/base/error_info.h"
#include "core/base/status_macros.h"

namespace segrid::rpc {
namespace {

namespace fs = std::filesystem;

// How often gRPC looks; the least it can.
constexpr unsigned int kWatchSeconds = 1;

absl::Status CannotWrite(const std::string& path, const std::string& why) {
  return base::MakeError(absl::StatusCode::kFailedPrecondition, "BAD_DATA_DIR",
                         "'" + path + "' cannot be written: " + why +
                             "; it holds the checked copies of grpc.tls, below "
                             "data_dir");
}

// Writes a file that only this user can read. gRPC tells whether key and
// certificate belong together by their times, in whole seconds, so each
// generation gets its own.
absl::Status WriteFile(const std::string& path, const std::string& text,
                       int generation) {
  const int file =
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  bool good = file >= 0;
  if (good) {
    good = ::write(file, text.data(), text.size()) ==
           static_cast<ssize_t>(text.size());
    const timespec times[2] = {{generation, 0}, {generation, 0}};
    good = ::futimens(file, times) == 0 && good;
    good = ::close(file) == 0 && good;
  }
  if (good) return absl::OkStatus();
  return CannotWrite(path, std::generic_category().message(errno));
}

std::shared_ptr<grpc::ServerCredentials> Watching(const std::string& directory,
                                                  bool mutual) {
  const std::string current = directory + "/current/";
  auto provider =
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          current + "key", current + "cert", mutual ? current + "ca" : "",
          kWatchSeconds);
  grpc::experimental::TlsServerCredentialsOptions options(std::move(provider));
  options.watch_identity_key_cert_pairs();
  if (mutual) options.watch_root_certs();
  options.set_cert_request_type(
      mutual ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
             : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE);
  return grpc::experimental::TlsServerCredentials(options);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Credentials>> Credentials::Create(
    const config::Tls& tls, std::string directory, absl::Time now) {
  std::unique_ptr<Credentials> made(new Credentials(tls, std::move(directory)));
  if (!made->tls_) {
    made->credentials_ = grpc::InsecureServerCredentials();
    return made;
  }
  std::error_code error;
  fs::remove_all(made->directory_, error);
  fs::create_directories(made->directory_, error);
  if (error) return CannotWrite(made->directory_, error.message());
  fs::permissions(made->directory_, fs::perms::owner_all, error);
  SEGRID_RETURN_IF_ERROR(made->Reload(tls, now).status());
  made->credentials_ = Watching(made->directory_, made->mutual_);
  return made;
}

Credentials::~Credentials() {
  credentials_.reset();
  std::error_code error;
  if (tls_) fs::remove_all(directory_, error);
}

absl::StatusOr<bool> Credentials::Reload(const config::Tls& tls,
                                         absl::Time now) {
  if (tls_ != !tls.cert.empty() || mutual_ != !tls.client_ca.empty()) {
    return base::MakeError(absl::StatusCode::kFailedPrecondition,
                           "RESTART_NEEDED",
                           "grpc.tls: TLS and client certificates are turned "
                           "on and off by a restart only");
  }
  if (!tls_) return false;
  SEGRID_ASSIGN_OR_RETURN(TlsFiles files, ReadTlsFiles(tls, now));
  absl::MutexLock lock(&mu_);
  if (files == files_) return false;
  SEGRID_RETURN_IF_ERROR(Publish(files));
  files_ = std::move(files);
  return true;
}

// A directory per generation, and a link to the current one that is replaced in
// one step, so gRPC never sees the key of one beside the certificate of
// another.
absl::Status Credentials::Publish(const TlsFiles& files) {
  ++generation_;
  const std::string name = std::to_string(generation_);
  std::error_code error;
  fs::create_directory(Path(name), error);
  if (error) return CannotWrite(Path(name), error.message());
  SEGRID_RETURN_IF_ERROR(
      WriteFile(Path(name) + "/key", files.key, generation_));
  SEGRID_RETURN_IF_ERROR(
      WriteFile(Path(name) + "/cert", files.cert, generation_));
  SEGRID_RETURN_IF_ERROR(
      WriteFile(Path(name) + "/ca", files.client_ca, generation_));
  fs::remove(Path("next"), error);
  fs::create_directory_symlink(name, Path("next"), error);
  if (!error) fs::rename(Path("next"), Path("current"), error);
  if (error) return CannotWrite(Path("current"), error.message());
  // The one before may be being read.
  if (generation_ > 2) {
    fs::remove_all(Path(std::to_string(generation_ - 2)), error);
  }
  return absl::OkStatus();
}

}  // namespace segrid::rpc
