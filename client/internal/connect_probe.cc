#include "client/internal/connect_probe.h"

#include <openssl/sslerr.h>
#include <openssl/x509_vfy.h>

#include <system_error>
#include <utility>

#include "client/internal/http2_beginning.h"
#include "client/internal/probe_socket.h"
#include "client/internal/probe_tls.h"

namespace segrid::internal {
namespace {

constexpr std::chrono::milliseconds kPatience(500);
constexpr std::chrono::seconds kFresh(5);

Finding NoGrpc() {
  return {"NOT_GRPC",
          "something else than gRPC answers there; is it the port of the "
          "webhook or of the status page?"};
}

std::string Of(const std::string& file, const char* otherwise) {
  return file.empty() ? otherwise : "'" + file + "'";
}

// The server's certificate does not convince.
Finding BadCertificate(const TlsOutcome& outcome, const TlsOptions& tls) {
  switch (outcome.verify_result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return {"SERVER_CERTIFICATE_EXPIRED",
              "the server's certificate expired at " + outcome.ends +
                  "; renew it on the server, or check the clock here"};
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return {"SERVER_CERTIFICATE_EXPIRED",
              "the server's certificate is not valid before " + outcome.begins +
                  "; check the clocks"};
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return {"UNKNOWN_AUTHORITY",
              "the server's certificate is of '" + outcome.issuer +
                  "', which is none of the authorities in " +
                  Of(tls.ca_file, "the system's store") +
                  "; name the file of its authority (--tls-ca, in C++ "
                  "TlsOptions::ca_file)"};
    default:
      return {"BAD_SERVER_CERTIFICATE",
              std::string("the server's certificate cannot be used: ") +
                  X509_verify_cert_error_string(outcome.verify_result)};
  }
}

// The server has ended the connection, or said why not.
std::optional<Finding> Refused(const TlsOutcome& outcome,
                               const TlsOptions& tls) {
  switch (outcome.error) {
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
    case SSL_R_UNSUPPORTED_PROTOCOL:
      return Finding{"NO_COMMON_TLS",
                     "the server and this client have no version of TLS in "
                     "common; both need 1.2 or 1.3"};
    case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
      if (outcome.asked_for_certificate) break;
      return Finding{"NO_COMMON_TLS",
                     "the server and this client have no cipher of TLS in "
                     "common"};
    default:
      break;
  }
  if (!outcome.asked_for_certificate) return std::nullopt;
  const bool is_refused = outcome.is_closed ||
                          (outcome.error != 0 && outcome.is_done) ||
                          outcome.error == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE;
  if (!is_refused) return std::nullopt;
  if (tls.cert_file.empty()) {
    return Finding{"CLIENT_CERTIFICATE_WANTED",
                   "the server wants a client certificate (mTLS); give one "
                   "with its key (--tls-cert and --tls-key, in C++ "
                   "TlsOptions::cert_file and key_file)"};
  }
  std::string message =
      "the server refused the client certificate in '" + tls.cert_file + "'";
  if (!outcome.own_ended.empty()) {
    message += ", because it expired at " + outcome.own_ended + "; renew it";
  } else {
    message +=
        "; it must be valid now and signed by an authority of the "
        "server's client_ca";
    if (!outcome.wanted_authorities.empty()) {
      message += " (" + outcome.wanted_authorities + ")";
    }
  }
  return Finding{"CLIENT_CERTIFICATE_REFUSED", message};
}

std::optional<Finding> JudgeTls(const TlsOutcome& outcome,
                                const TlsOptions& tls,
                                const std::string& name) {
  if (outcome.is_no_tls) {
    return Finding{"SERVER_IS_PLAIN",
                   "the server speaks no TLS, this client does; leave out TLS "
                   "(--tls…, in C++ ClientOptions::tls), or turn it on at the "
                   "server"};
  }
  const bool has_certificate = !outcome.names.empty();
  if (has_certificate && outcome.verify_result != X509_V_OK) {
    return BadCertificate(outcome, tls);
  }
  if (has_certificate && !outcome.has_name) {
    return Finding{"WRONG_SERVER_NAME",
                   "the server's certificate is for " + outcome.names +
                       ", not for '" + name +
                       "'; name the one to expect (--tls-server-name, in C++ "
                       "TlsOptions::server_name), or use that address"};
  }
  if (auto refused = Refused(outcome, tls)) return refused;
  if (outcome.is_done && !outcome.speaks_http2) return NoGrpc();
  return std::nullopt;
}

std::optional<Finding> Unreachable(int error) {
  return Finding{kUnreachable,
                 "nobody answers there (" +
                     std::generic_category().message(error) +
                     "); check the address and that the server runs"};
}

// Probes as a client without TLS.
std::optional<Finding> ProbePlain(const SocketAddress& address,
                                  ProbeSocket::Clock::time_point deadline) {
  ProbeSocket socket(deadline);
  if (const int error = socket.Connect(address)) return Unreachable(error);
  socket.Send(kHttp2Beginning);
  const std::string answer = socket.Receive();
  const bool is_alert = !answer.empty() && answer[0] == '\x15';
  if (!answer.empty() && !is_alert) {
    // HTTP/2 begins with a frame of settings.
    constexpr std::size_t kType = 3;
    const bool is_http2 = answer.size() > kType && answer[kType] == '\x04';
    return is_http2 ? std::nullopt : std::optional(NoGrpc());
  }
  // Closed, or an alert: of one who speaks TLS?
  ProbeSocket again(deadline);
  if (again.Connect(address) != 0) return std::nullopt;
  const TlsOutcome outcome = ShakeHands(again, TlsOptions(), address.host);
  if (outcome.is_no_tls || outcome.first_bytes.empty()) return std::nullopt;
  return Finding{"SERVER_SPEAKS_TLS",
                 "the server speaks TLS, this client does not; use TLS (--tls "
                 "or --tls-ca FILE, in C++ ClientOptions::tls)"};
}

}  // namespace

std::optional<Finding> ProbeServer(const std::string& address,
                                   const std::optional<TlsOptions>& tls,
                                   std::chrono::nanoseconds patience) {
  const std::optional<SocketAddress> first = FirstAddress(address);
  if (!first.has_value()) return std::nullopt;
  const auto deadline = ProbeSocket::Clock::now() + patience;
  if (!tls.has_value()) return ProbePlain(*first, deadline);
  ProbeSocket socket(deadline);
  if (const int error = socket.Connect(*first)) return Unreachable(error);
  std::string name = tls->server_name;
  if (name.empty()) name = first->host.empty() ? "localhost" : first->host;
  return JudgeTls(ShakeHands(socket, *tls, name), *tls, name);
}

ConnectProbe::ConnectProbe(std::string address, std::optional<TlsOptions> tls)
    : address_(std::move(address)), tls_(std::move(tls)) {}

std::optional<Finding> ConnectProbe::Ask() {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock()) return std::nullopt;
  if (!asked_.has_value() || Clock::now() - *asked_ > kFresh) {
    found_ = ProbeServer(address_, tls_, kPatience);
    asked_ = Clock::now();
  }
  return found_;
}

}  // namespace segrid::internal
