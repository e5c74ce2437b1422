// segrid webhook-sign: a body signed as SendGrid signs it, to try an endpoint.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "client/cli/body.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/moment.h"
#include "core/base/clock.h"
#include "core/crypto/webhook_signer.h"
#include "core/http/beast_client.h"
#include "core/pool/thread_pool.h"
#include "core/tls/client_context.h"

namespace segrid::cli {
namespace {

struct SignFlags {
  BodyFlags body;
  std::string key;
  std::string new_key;
  std::string timestamp;  // Empty: now.
  std::string url;
  std::string ca_file;
  bool json = false;
};

// The seconds since 1970 of `text`: as of ParseMoment, or as a plain number.
std::optional<std::int64_t> TimestampOf(const std::string& text,
                                        absl::Time now) {
  if (text.empty()) return absl::ToUnixSeconds(now);
  std::int64_t seconds = 0;
  if (absl::SimpleAtoi(text, &seconds)) {
    return seconds >= 0 ? std::optional(seconds) : std::nullopt;
  }
  const std::optional<absl::Time> moment = ParseMoment(text, now);
  if (!moment.has_value()) return std::nullopt;
  return absl::ToUnixSeconds(*moment);
}

std::string CheckTimestamp(const std::string& text) {
  return TimestampOf(text, absl::Now())
             ? ""
             : "must be a time such as 2026-06-09T18:19:12Z or 2026-06-09 "
               "(UTC), a duration before now, such as 1h, or seconds since "
               "1970";
}

// The signed body. A plain value.
struct Signed {
  std::string body;
  std::string timestamp;
  std::string signature;
  std::string public_key;
};

// Writes a new key, for its owner alone; nullopt when it is written.
std::optional<std::string> WriteKey(const std::string& path,
                                    const std::string& pem) {
  constexpr mode_t kOwnerOnly = 0600;
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kOwnerOnly);
  if (file < 0 && errno == EEXIST) {
    return path + ": is there already; --key " + path + " signs with it";
  }
  if (file < 0) return path + ": " + std::strerror(errno);
  const bool written = write(file, pem.data(), pem.size()) == std::ssize(pem) &&
                       fsync(file) == 0;
  const std::string why = written ? "" : std::strerror(errno);
  close(file);
  if (written) return std::nullopt;
  unlink(path.c_str());
  return path + ": cannot be written: " + why;
}

Result<crypto::WebhookSigner> KeyOf(const SignFlags& flags) {
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  if (flags.new_key.empty()) {
    const auto loaded = crypto::WebhookSigner::Load(flags.key);
    if (loaded.ok()) return *loaded;
    error.message = std::string(loaded.status().message());
    return error;
  }
  crypto::WebhookSigner made = crypto::WebhookSigner::Generate();
  const std::optional<std::string> why = WriteKey(flags.new_key, made.Pem());
  if (!why) return made;
  error.message = *why;
  return error;
}

Result<Signed> Sign(const SignFlags& flags) {
  // Byte for byte: a body that is packed is signed as it is.
  Result<std::string> body = ReadBytes(flags.body);
  if (!body.ok()) return std::move(body).error();
  const Result<crypto::WebhookSigner> key = KeyOf(flags);
  if (!key.ok()) return key.error();
  Signed made;
  made.body = *std::move(body);
  made.timestamp =
      std::to_string(TimestampOf(flags.timestamp, absl::Now()).value_or(0));
  made.signature = key->Sign(made.timestamp, made.body);
  made.public_key = key->PublicKey();
  return made;
}

// `text` as one word of a shell.
std::string Quoted(const std::string& text) {
  std::string word = "'";
  for (const char c : text) {
    if (c == '\'') {
      word += "'\\''";
    } else {
      word += c;
    }
  }
  return word + "'";
}

void Print(const SignFlags& flags, const Signed& made, Console& console) {
  const std::string signature =
      std::string(crypto::kWebhookSignatureHeader) + ": " + made.signature;
  const std::string timestamp =
      std::string(crypto::kWebhookTimestampHeader) + ": " + made.timestamp;
  if (flags.json) {
    std::string line = "{\"signature\":";
    AppendJsonString(line, made.signature);
    AppendJsonString(line += ",\"timestamp\":", made.timestamp);
    AppendJsonString(line += ",\"public_key\":", made.public_key);
    console.out << line << "}\n";
    return;
  }
  console.out << signature << "\n" << timestamp << "\n";
  console.err << "public key, for public_keys of the webhook: "
              << made.public_key << "\n";
  if (flags.body.file == "-" || !flags.url.empty()) return;
  console.err << "curl --data-binary " << Quoted("@" + flags.body.file)
              << " -H 'Content-Type: application/json' -H " << Quoted(signature)
              << " -H " << Quoted(timestamp)
              << " http://127.0.0.1:8080/v1/webhook\n";
}

// Sends it, and gives the answer.
absl::StatusOr<http::Response> PostTo(const SignFlags& flags,
                                      const Signed& made) {
  if (!flags.url.starts_with("http://") && !flags.url.starts_with("https://")) {
    return absl::InvalidArgumentError(
        "must be a URL, such as http://127.0.0.1:8080/v1/webhook");
  }
  http::ClientOptions options;
  auto endpoint = http::ParseEndpoint(flags.url, /*allow_http=*/true);
  if (!endpoint.ok()) return endpoint.status();
  options.endpoint = *std::move(endpoint);
  if (options.endpoint.tls) {
    auto context = tls::MakeClientContext({.ca_file = flags.ca_file});
    if (!context.ok()) return context.status();
    options.tls = *std::move(context);
  }
  base::SystemClock clock;
  auto pool = pool::ThreadPool::Create(1);
  if (!pool.ok()) return pool.status();
  http::Request request;
  request.target = options.endpoint.path.empty() ? "/" : options.endpoint.path;
  request.headers = {{"Content-Type", "application/json"},
                     {"User-Agent", "segrid webhook-sign"},
                     {crypto::kWebhookSignatureHeader, made.signature},
                     {crypto::kWebhookTimestampHeader, made.timestamp}};
  request.body = http::BodyOf(made.body);
  absl::StatusOr<http::Response> answer = absl::UnknownError("");
  absl::Notification done;
  {
    http::BeastClient client(std::move(options), (*pool)->io(), clock);
    client.Send(std::move(request), [&](absl::StatusOr<http::Response> got) {
      answer = std::move(got);
      done.Notify();
    });
    done.WaitForNotification();
  }
  (*pool)->Stop();
  return answer;
}

int RunSign(const SignFlags& flags, Console& console) {
  const Result<Signed> made = Sign(flags);
  if (!made.ok()) return Fail(console, made.error().message);
  Print(flags, *made, console);
  if (flags.url.empty()) return kDone;
  const auto answer = PostTo(flags, *made);
  if (!answer.ok()) {
    return Fail(console, "--post: " + std::string(answer.status().message()));
  }
  console.out << "HTTP " << answer->status << "\n";
  if (!answer->body.empty()) console.out << Printable(answer->body) << "\n";
  if (answer->status / 100 == 2) return kDone;
  return Fail(console,
              "the endpoint answered HTTP " + std::to_string(answer->status));
}

}  // namespace

void AddWebhookSign(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<SignFlags>();
  CLI::App* command = app.add_subcommand(
      "webhook-sign",
      "Sign a body as SendGrid does, to try a webhook: print the headers, or "
      "--post it");
  AddBodyFlags(*command, flags->body);
  CLI::Option* key =
      command
          ->add_option("--key", flags->key,
                       "PEM file of the private key, an EC key on P-256")
          ->type_name("FILE");
  CLI::Option* new_key =
      command
          ->add_option("--new-key", flags->new_key,
                       "Make a key and write it to this new file")
          ->type_name("FILE");
  key->excludes(new_key);
  command
      ->add_option("--timestamp", flags->timestamp,
                   "Time to sign instead of now: 1h (ago), 2026-06-09 (UTC), "
                   "2026-06-09T18:19:12Z, or seconds since 1970")
      ->type_name("TIME")
      ->check(CLI::Validator(CheckTimestamp, ""));
  command
      ->add_option("--post", flags->url,
                   "Send it there, such as http://127.0.0.1:8080/v1/webhook, "
                   "and print the answer")
      ->type_name("URL");
  command
      ->add_option("--tls-ca", flags->ca_file,
                   "PEM file of the endpoint's authorities")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    if (flags->key.empty() && flags->new_key.empty()) {
      throw CLI::RequiredError("--key or --new-key");
    }
    chosen = [flags](Console& console) { return RunSign(*flags, console); };
  });
}

}  // namespace segrid::cli
