#include "bench/echo/credentials.h"

#include <fstream>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "core/base/status_macros.h"

namespace segrid::bench {
namespace {

// The contents of `path`; "" for no path.
absl::StatusOr<std::string> ReadPem(const std::string& path) {
  if (path.empty()) return "";
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || text.str().empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, ": cannot be read, or is empty; expected a PEM file"));
  }
  return text.str();
}

struct Pems {
  std::string ca;
  std::string cert;
  std::string key;
};

absl::StatusOr<Pems> ReadPems(const TlsFiles& files) {
  if (files.cert.empty() != files.key.empty()) {
    return absl::InvalidArgumentError(
        "a certificate needs its key and a key its certificate: give both");
  }
  Pems pems;
  SEGRID_ASSIGN_OR_RETURN(pems.ca, ReadPem(files.ca));
  SEGRID_ASSIGN_OR_RETURN(pems.cert, ReadPem(files.cert));
  SEGRID_ASSIGN_OR_RETURN(pems.key, ReadPem(files.key));
  return pems;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerCredentials(
    const TlsFiles& files) {
  SEGRID_ASSIGN_OR_RETURN(Pems pems, ReadPems(files));
  if (pems.cert.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(
      pems.ca.empty()
          ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
          : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = pems.ca;
  options.pem_key_cert_pairs.push_back({pems.key, pems.cert});
  return grpc::SslServerCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ClientCredentials(
    const TlsFiles& files) {
  SEGRID_ASSIGN_OR_RETURN(Pems pems, ReadPems(files));
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = pems.ca;
  options.pem_cert_chain = pems.cert;
  options.pem_private_key = pems.key;
  return grpc::SslCredentials(options);
}

}  // namespace segrid::bench
