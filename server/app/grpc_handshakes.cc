#include "server/app/grpc_handshakes.h"

#include <grpc/support/log.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace segrid::app {
namespace {

constexpr std::string_view kFailed = "Handshaking failed: ";
constexpr std::string_view kCode = "SSL_ERROR_SSL: error:";

// The result of OpenSSL's last check of a certificate in this thread, because
// gRPC logs a failed handshake in the same thread and without the result.
thread_local long last_verify_result = X509_V_OK;

// Who is told. Of the process, because gRPC's log is.
struct Listener {
  absl::Mutex mu;
  std::function<void(tls::HandshakeFailure)> on_failure ABSL_GUARDED_BY(mu);
};

Listener& ListenerOfProcess() {
  static Listener* const listener = new Listener();  // Threads may outlive all.
  return *listener;
}

// OpenSSL calls this when it frees the state of a check.
void OnVerified(void* parent, void*, CRYPTO_EX_DATA*, int, long, void*) {
  if (parent == nullptr) return;
  last_verify_result =
      X509_STORE_CTX_get_error(static_cast<X509_STORE_CTX*>(parent));
}

void OnLine(gpr_log_func_args* line) {
  const std::string_view message(line->message);
  if (message.starts_with(kFailed)) {
    const long verified = std::exchange(last_verify_result, X509_V_OK);
    Listener& listener = ListenerOfProcess();
    absl::ReaderMutexLock lock(&listener.mu);
    if (listener.on_failure) {
      listener.on_failure(HandshakeFailureFrom(message, verified));
    }
  }
}

// In the form of gRPC's own, without the time.
void OnLineAndWrite(gpr_log_func_args* line) {
  OnLine(line);
  std::fprintf(stderr, "%s %s:%d] %s\n",
               gpr_log_severity_string(line->severity), line->file, line->line,
               line->message);
}

}  // namespace

tls::HandshakeFailure HandshakeFailureFrom(std::string_view line,
                                           long verify_result) {
  const std::size_t at = line.find(kCode);
  if (at != std::string_view::npos) {
    unsigned long code = 0;
    const char* const begin = line.data() + at + kCode.size();
    std::from_chars(begin, line.data() + line.size(), code, 16);
    return tls::HandshakeFailureOf(ERR_GET_REASON(code), verify_result);
  }
  for (const std::string_view late :
       {"Handshaker shutdown", "Handshake timed out", "timed out"}) {
    if (line.find(late) != std::string_view::npos) {
      return tls::HandshakeFailure::kTimeout;
    }
  }
  for (const std::string_view gone :
       {"Socket closed", "Connection reset", "Broken pipe"}) {
    if (line.find(gone) != std::string_view::npos) {
      return tls::HandshakeFailure::kClosed;
    }
  }
  return tls::HandshakeFailure::kOther;
}

void HearGrpcLog() {
  // Failures are told at the lowest level; calls say nothing there.
  const bool is_wanted = std::getenv("GRPC_VERBOSITY") != nullptr;
  if (!is_wanted) gpr_set_log_verbosity(GPR_LOG_SEVERITY_DEBUG);
  gpr_set_log_function(is_wanted ? OnLineAndWrite : OnLine);
  X509_STORE_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, OnVerified);
}

HandshakeWatch::HandshakeWatch(
    std::function<void(tls::HandshakeFailure)> on_failure) {
  Listener& listener = ListenerOfProcess();
  absl::MutexLock lock(&listener.mu);
  listener.on_failure = std::move(on_failure);
}

HandshakeWatch::~HandshakeWatch() {
  Listener& listener = ListenerOfProcess();
  absl::MutexLock lock(&listener.mu);
  listener.on_failure = nullptr;
}

}  // namespace segrid::app
