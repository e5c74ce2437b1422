#include "core/tls/client_context.h"

#include <openssl/ssl.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "boost/system/system_error.hpp"
#include "core/base/error_info.h"
#include "core/base/status_macros.h"

namespace segrid::tls {
namespace {

namespace ssl = boost::asio::ssl;

// Length, then the name of the protocol.
constexpr std::array<unsigned char, 9> kHttp11 = {8,   'h', 't', 't', 'p',
                                                  '/', '1', '.', '1'};

absl::Status Unavailable(absl::string_view what) {
  return base::MakeError(
      absl::StatusCode::kFailedPrecondition, "TLS_UNAVAILABLE",
      absl::StrCat("TLS cannot be set up (", what,
                   "): check the installation of OpenSSL and of "
                   "ca-certificates"));
}

absl::Status ShowCertificate(const ContextOptions& options,
                             ssl::context& context) {
  const auto bad = [](absl::string_view key, const std::string& file,
                      absl::string_view why) {
    return base::MakeError(absl::StatusCode::kInvalidArgument,
                           "BAD_CLIENT_CERT",
                           absl::StrCat(key, " '", file, "': ", why));
  };
  boost::system::error_code error;
  context.use_certificate_chain_file(options.cert_file, error);
  if (error) {
    return bad("client_cert", options.cert_file,
               absl::StrCat(error.message(),
                            "; it must be a readable PEM file with the "
                            "certificate first"));
  }
  // Else OpenSSL would ask for a passphrase on the terminal, and wait.
  context.set_password_callback(
      [](std::size_t, ssl::context::password_purpose) { return std::string(); },
      error);
  context.use_private_key_file(options.key_file, ssl::context::pem, error);
  if (error || SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return bad("client_key", options.key_file,
               "it must be a readable PEM file with the private key of "
               "client_cert, without a passphrase");
  }
  return absl::OkStatus();
}

// Throws boost::system::system_error where OpenSSL has no memory.
absl::StatusOr<std::shared_ptr<ssl::context>> Make(
    const ContextOptions& options) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  boost::system::error_code error;
  SSL_CTX* native = context->native_handle();
  if (SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION) != 1 ||
      // This function, unlike its neighbours, gives 0 for success.
      SSL_CTX_set_alpn_protos(native, kHttp11.data(), kHttp11.size()) != 0) {
    return Unavailable("no TLS 1.2");
  }
  // Half-written records would need the same buffer again; ours may move.
  SSL_CTX_set_mode(native, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  context->set_verify_mode(ssl::verify_peer, error);
  if (!error) context->set_default_verify_paths(error);
  if (error) return Unavailable(error.message());
  if (!options.ca_file.empty()) {
    context->load_verify_file(options.ca_file, error);
    if (error) {
      return base::MakeError(
          absl::StatusCode::kInvalidArgument, "BAD_CA_FILE",
          absl::StrCat("ca_file '", options.ca_file, "': ", error.message(),
                       "; it must be a readable PEM file with certificates"));
    }
  }
  if (!options.cert_file.empty()) {
    SEGRID_RETURN_IF_ERROR(ShowCertificate(options, *context));
  }
  return context;
}

}  // namespace

absl::StatusOr<std::shared_ptr<ssl::context>> MakeClientContext(
    const ContextOptions& options) {
  try {
    return Make(options);
  } catch (const boost::system::system_error& error) {
    return Unavailable(error.what());
  }
}

}  // namespace segrid::tls
