// The checks that need nothing but this machine.

#include <fcntl.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string_view>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/checks.h"
#include "client/cli/safe_text.h"
#include "core/base/localhost.h"
#include "core/tls/client_context.h"

namespace segrid::cli {
namespace {

namespace fs = std::filesystem;

std::string Size(std::uintmax_t bytes) {
  constexpr double kGib = 1 << 30;
  const double gib = static_cast<double>(bytes) / kGib;
  const auto tenths = static_cast<std::int64_t>(gib * 10);
  return absl::StrCat(tenths / 10, ".", tenths % 10, " GiB");
}

// The directory itself, or the nearest one above it that is there.
fs::path Existing(fs::path path) {
  std::error_code error;
  path = fs::absolute(path, error);
  while (!fs::exists(path, error) && path.has_relative_path()) {
    path = path.parent_path();
  }
  return path;
}

// Why a file in `directory` cannot be written and synced; "" when it can.
std::string TryToWrite(const fs::path& directory) {
  std::string name = directory / ".segrid-dry-run-XXXXXX";
  const int fd = mkstemp(name.data());
  if (fd < 0) return std::strerror(errno);
  const bool good = write(fd, "dry-run\n", 8) == 8 && fsync(fd) == 0;
  std::string why = good ? "" : std::strerror(errno);
  close(fd);
  unlink(name.c_str());
  return why;
}

// The process that has the queue, or "".
std::string OwnerOfQueue(const std::string& data_dir) {
  const std::string path = data_dir + "/queue/lock";
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return "";
  const bool is_free = flock(fd, LOCK_SH | LOCK_NB) == 0;
  close(fd);
  if (is_free) return "";
  std::ifstream file(path);
  std::string pid;
  file >> pid;
  return pid.empty() ? "?" : pid;
}

struct FreeAddresses {
  void operator()(addrinfo* addresses) const { freeaddrinfo(addresses); }
};

// Why `host:port` cannot be listened on; 0 when it can.
int TryToListen(const std::string& address, std::string& why) {
  const std::size_t colon = address.rfind(':');
  std::string host = address.substr(0, colon);
  if (host.size() > 1 && host.front() == '[') {
    host = host.substr(1, host.size() - 2);
  }
  if (base::IsLocalhost(host)) host = "127.0.0.1";  // As the server does.
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found);
  const std::unique_ptr<addrinfo, FreeAddresses> addresses(found);
  if (failed != 0) {
    why = gai_strerror(failed);
    return EINVAL;
  }
  const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const int error =
      bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1) == 0
          ? 0
          : errno;
  close(fd);
  if (error != 0) why = std::strerror(error);
  return error;
}

void CheckListener(const std::string& listener, const std::string& address,
                   Checks& checks) {
  Check& check = checks.emplace_back();
  check.name = "listen";
  check.subject = listener + " " + address;
  if (address.starts_with("unix:")) {
    const fs::path directory = fs::path(address.substr(5)).parent_path();
    std::error_code error;
    const bool there = directory.empty() || fs::is_directory(directory, error);
    check.verdict = there ? Verdict::kOk : Verdict::kFailed;
    check.detail = there ? "a Unix socket" : "its directory is missing";
    return;
  }
  std::string why;
  const int error = TryToListen(address, why);
  check.detail = error == 0 ? "free" : why;
  if (error == 0) return;
  // It may be the running server itself.
  check.verdict = error == EADDRINUSE ? Verdict::kWarning : Verdict::kFailed;
}

// The same words with the names that a listener's keys have.
std::string WithNamesOfListener(std::string_view message) {
  std::string text(message);
  constexpr std::string_view kOfCert = " of client_cert";
  if (text.ends_with(kOfCert)) {
    text.replace(text.size() - kOfCert.size(), kOfCert.size(), " of cert");
  }
  if (text.starts_with("client_")) return text.substr(7);
  if (text.starts_with("ca_file ")) text.replace(0, 7, "client_ca");
  return text;
}

void CheckCertificate(const std::string& listener, const config::Tls& tls,
                      Checks& checks) {
  if (tls.cert.empty()) return;
  Check& check = checks.emplace_back();
  check.name = "certificate";
  check.subject = listener + " " + tls.cert;
  const auto context = tls::MakeClientContext(
      {.ca_file = tls.client_ca, .cert_file = tls.cert, .key_file = tls.key});
  if (!context.ok()) {
    check.verdict = Verdict::kFailed;
    check.detail = WithNamesOfListener(std::string(context.status().message()));
    return;
  }
  const X509* x509 = SSL_CTX_get0_certificate((*context)->native_handle());
  tm end{};
  ASN1_TIME_to_tm(X509_get0_notAfter(x509), &end);
  const absl::Time until = absl::FromTM(end, absl::UTCTimeZone());
  const absl::Duration left = until - absl::Now();
  check.detail = "good until " +
                 absl::FormatTime("%Y-%m-%d", until, absl::UTCTimeZone()) +
                 (tls.client_ca.empty() ? "" : ", clients need one, too");
  if (X509_cmp_current_time(X509_get0_notBefore(x509)) > 0 ||
      left <= absl::ZeroDuration()) {
    check.verdict = Verdict::kFailed;
    check.detail = "is not valid now";
  } else if (left < absl::Hours(24 * 14)) {
    check.verdict = Verdict::kWarning;
  }
}

}  // namespace

void CheckDisk(const config::Config& config, Checks& checks) {
  const fs::path place = Existing(config.data_dir);
  std::error_code error;
  const bool is_directory = fs::is_directory(place, error);
  const std::string why =
      is_directory ? TryToWrite(place)
                   : absl::StrCat("'", place.string(), "' is a file");
  checks.push_back({"disk", config.data_dir,
                    why.empty() ? Verdict::kOk : Verdict::kFailed,
                    why.empty() ? "can be written and synced" : why});
  const fs::space_info space = fs::space(place, error);
  if (!error) {
    const auto reserve =
        static_cast<std::uintmax_t>(config.queue.reserve_bytes);
    const auto most = static_cast<std::uintmax_t>(config.queue.max_bytes);
    const Verdict verdict = space.available <= reserve ? Verdict::kFailed
                            : space.available < reserve + most
                                ? Verdict::kWarning
                                : Verdict::kOk;
    checks.push_back({"space", config.data_dir, verdict,
                      absl::StrCat(Size(space.available),
                                   " free; queue.max_bytes is ", Size(most))});
  }
  const std::string owner = OwnerOfQueue(config.data_dir);
  checks.push_back({"queue", config.data_dir,
                    owner.empty() ? Verdict::kOk : Verdict::kWarning,
                    owner.empty()
                        ? "not in use"
                        : absl::StrCat("in use by the process ", owner)});
}

void CheckListeners(const config::Config& config, Checks& checks) {
  for (const auto& address : config.grpc.listen) {
    CheckListener("grpc", address, checks);
  }
  for (const auto& address : config.http.listen) {
    CheckListener("http", address, checks);
  }
  for (const auto& address : config.admin.listen) {
    CheckListener("admin", address, checks);
  }
}

void CheckCertificates(const config::Config& config, Checks& checks) {
  CheckCertificate("grpc", config.grpc.tls, checks);
  CheckCertificate("http", config.http.tls, checks);
}

void CheckWebhooks(const config::Config& config, Checks& checks) {
  for (const config::Webhook& webhook : config.webhooks) {
    const bool is_signed = !webhook.public_keys.empty();
    checks.push_back(
        {"webhook", webhook.name,
         webhook.Authenticates() ? Verdict::kOk : Verdict::kWarning,
         is_signed ? "signed; " +
                         Counted(static_cast<std::int64_t>(
                                     webhook.public_keys.size()),
                                 "key") +
                         " can be read"
         : webhook.Authenticates()
             ? "asks for a token or password"
             : "takes unsigned bodies, from this machine only; what a proxy "
               "passes on is refused until public_keys are set"});
  }
}

}  // namespace segrid::cli
