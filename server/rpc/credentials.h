// The server's side of TLS, with certificates that can change while it runs.

#pragma once

#include <grpcpp/security/server_credentials.h>

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/config/config.h"
#include "server/rpc/tls_files.h"

namespace segrid::rpc {

// Credentials for a listener: none without a certificate, TLS with one, mTLS
// (clients must show a certificate of `client_ca`) with `client_ca`.
//
// gRPC watches copies of the files in a directory of ours, and gets only what
// was checked: a bad pair in the originals would make it refuse every
// handshake.
//
// Thread safety: every method may be called from any thread at any time.
// Blocking:      reads and writes files.
// Ownership:     owns what is in `directory`, and removes it at the end.
class Credentials {
 public:
  // `directory` is made, for this user only; nobody else may use it.
  // FAILED_PRECONDITION, BAD_CERTIFICATE: see ReadTlsFiles.
  // FAILED_PRECONDITION, BAD_DATA_DIR:    `directory` cannot be written.
  static absl::StatusOr<std::unique_ptr<Credentials>> Create(
      const config::Tls& tls, std::string directory, absl::Time now);

  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  const std::shared_ptr<grpc::ServerCredentials>& get() const {
    return credentials_;
  }

  // The text of the authorities of clients; "" without mTLS.
  std::string client_ca() {
    absl::MutexLock lock(&mu_);
    return files_.client_ca;
  }

  // Takes what the files hold now; true when that is something else. New
  // handshakes use it within about a second; connections go on. After an error
  // the old certificates stay.
  // Errors: those of Create, and FAILED_PRECONDITION, RESTART_NEEDED: TLS, or
  // asking clients for certificates, is to be turned on or off.
  absl::StatusOr<bool> Reload(const config::Tls& tls, absl::Time now);

 private:
  Credentials(const config::Tls& tls, std::string directory)
      : tls_(!tls.cert.empty()),
        mutual_(!tls.client_ca.empty()),
        directory_(std::move(directory)) {}

  absl::Status Publish(const TlsFiles& files)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  std::string Path(const std::string& name) const {
    return directory_ + "/" + name;
  }

  const bool tls_;
  const bool mutual_;
  const std::string directory_;
  std::shared_ptr<grpc::ServerCredentials> credentials_;

  absl::Mutex mu_;
  TlsFiles files_ ABSL_GUARDED_BY(mu_);
  int generation_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace segrid::rpc
