#include "server/rpc/unix_credentials.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_metadata_processor.h>

#include <string>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "server/rpc/known_caller.h"

namespace segrid::rpc {
namespace {

// Writes the grant into the context of a connection, when its first call comes.
class GrantProcessor final : public grpc::AuthMetadataProcessor {
 public:
  explicit GrantProcessor(std::string grant) : grant_(std::move(grant)) {}

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata&, grpc::AuthContext* context,
                       OutputMetadata*, OutputMetadata*) override {
    // Calls of one connection may come in several threads.
    absl::MutexLock lock(&mu_);
    if (context->FindPropertyValues(kUnixGrantProperty).empty()) {
      context->AddProperty(kUnixGrantProperty, grant_);
    }
    return grpc::Status::OK;
  }

 private:
  const std::string grant_;
  absl::Mutex mu_;
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> UnixCredentials(
    const auth::UnixGrant& grant) {
  auto credentials = grpc::experimental::LocalServerCredentials(UDS);
  credentials->SetAuthMetadataProcessor(
      std::make_shared<GrantProcessor>(SerializeGrant(grant)));
  return credentials;
}

}  // namespace segrid::rpc
