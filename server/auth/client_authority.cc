#include "server/auth/client_authority.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

#include <cstddef>
#include <memory>
#include <vector>

namespace segrid::auth {
namespace {

// Certificates whose answer is remembered; all are forgotten when there are
// more.
constexpr std::size_t kMaxKnown = 10'000;

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

std::vector<Certificate> Parse(std::string_view pem) {
  std::vector<Certificate> parsed;
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  for (;;) {
    Certificate next(PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr),
                     &X509_free);
    if (next == nullptr) break;
    parsed.push_back(std::move(next));
  }
  ERR_clear_error();  // OpenSSL's queue belongs to the thread, not to us.
  return parsed;
}

}  // namespace

bool ClientAuthority::Issued(std::string_view leaf,
                             std::string_view chain) const {
  std::string name(leaf);
  name.append(chain);
  {
    absl::MutexLock lock(&mu_);
    if (const auto known = known_.find(name); known != known_.end()) {
      return known->second;
    }
  }
  const bool issued = Verify(leaf, chain);
  absl::MutexLock lock(&mu_);
  if (known_.size() >= kMaxKnown) known_.clear();
  known_[std::move(name)] = issued;
  return issued;
}

bool ClientAuthority::Verify(std::string_view leaf,
                             std::string_view chain) const {
  const std::vector<Certificate> leaves = Parse(leaf);
  if (leaves.empty()) return false;
  const std::vector<Certificate> between = Parse(chain);
  const std::vector<Certificate> authorities = Parse(pem_);
  const std::unique_ptr<X509_STORE, decltype(&X509_STORE_free)> store(
      X509_STORE_new(), &X509_STORE_free);
  for (const Certificate& authority : authorities) {
    X509_STORE_add_cert(store.get(), authority.get());
  }
  const std::unique_ptr<STACK_OF(X509), void (*)(STACK_OF(X509)*)> untrusted(
      sk_X509_new_null(), [](STACK_OF(X509) * stack) { sk_X509_free(stack); });
  for (const Certificate& one : between) {
    sk_X509_push(untrusted.get(), one.get());
  }
  const std::unique_ptr<X509_STORE_CTX, decltype(&X509_STORE_CTX_free)> check(
      X509_STORE_CTX_new(), &X509_STORE_CTX_free);
  const bool issued =
      X509_STORE_CTX_init(check.get(), store.get(), leaves.front().get(),
                          untrusted.get()) == 1 &&
      X509_STORE_CTX_set_default(check.get(), "ssl_client") == 1 &&
      // Also an intermediate authority may be one of the configuration's.
      (X509_STORE_CTX_set_flags(check.get(), X509_V_FLAG_PARTIAL_CHAIN),
       true) &&
      X509_verify_cert(check.get()) == 1;
  ERR_clear_error();
  return issued;
}

}  // namespace segrid::auth
