#include "client/cli/webhook_keys.h"

#include <sys/stat.h>

#include "client/cli/body.h"
#include "core/crypto/webhook_signer.h"

namespace segrid::cli {

Result<crypto::EcdsaP256Key> VerificationKey(const std::string& text) {
  std::string key = text;
  struct stat about {};
  const bool is_file = stat(text.c_str(), &about) == 0;
  if (is_file) {
    const auto signer = crypto::WebhookSigner::Load(text);
    if (signer.ok()) {
      key = signer->PublicKey();
    } else {
      constexpr const char* kMaxKeyFile = "64KiB";
      Result<std::string> read =
          ReadBody({.file = text, .max_bytes = kMaxKeyFile});
      if (!read.ok()) return std::move(read).error();
      key = *std::move(read);
    }
  }
  const auto parsed = crypto::EcdsaP256Key::Parse(key);
  if (parsed.ok()) return *parsed;
  Error error;
  error.code = ErrorCode::kInvalidArgument;
  error.message =
      std::string("--key ") + std::string(parsed.status().message());
  if (!is_file) error.message += "; nor is there a file of this name";
  return error;
}

}  // namespace segrid::cli
