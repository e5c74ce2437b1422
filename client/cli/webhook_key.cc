// segrid webhook-key check: whether a webhook's verification key is readable.

#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "client/cli/body.h"
#include "client/cli/commands.h"
#include "core/crypto/ecdsa_p256.h"

namespace segrid::cli {
namespace {

struct KeyFlags {
  std::string key;
  BodyFlags body;
  bool json = false;
};

int RunCheck(const KeyFlags& flags, Console& console) {
  std::string text = flags.key;
  if (text.empty()) {
    Result<std::string> read = ReadBody(flags.body);
    if (!read.ok()) return Fail(console, read.error());
    text = *std::move(read);
  }
  const auto key = crypto::EcdsaP256Key::Parse(text);
  // The key itself is not shown: it may be a private one, pasted by mistake.
  if (!key.ok()) {
    std::error_code none;
    const bool is_file =
        !flags.key.empty() && std::filesystem::is_regular_file(flags.key, none);
    return Fail(console, "the key " + std::string(key.status().message()) +
                             (is_file ? "; to check the file, put --file "
                                        "before its name"
                                      : ""));
  }
  console.out << (flags.json ? R"({"result":"ok","kind":"ECDSA P-256"})"
                             : "OK: an ECDSA P-256 verification key")
              << "\n";
  return kDone;
}

}  // namespace

void AddWebhookKey(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<KeyFlags>();
  CLI::App* group =
      app.add_subcommand("webhook-key", "Look at a webhook's verification key");
  group->require_subcommand(1);
  CLI::App* command = group->add_subcommand(
      "check", "Say whether a key of SendGrid's can be read: base64 or PEM");
  command
      ->add_option("KEY", flags->key,
                   "The key itself; without it, it is read from --file")
      ->type_name("");
  command
      ->add_option("--file", flags->body.file,
                   "File with the key; - is standard input, the default")
      ->type_name("FILE");
  command->add_flag("--json", flags->json, "Print one line of JSON");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunCheck(*flags, console); };
  });
}

}  // namespace segrid::cli
