// What the signature of a post is worth, in words.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/cli/post.h"
#include "core/crypto/ecdsa_p256.h"

namespace segrid::cli {

// What there is to say of a post's signature. A plain value.
struct SignatureReport {
  bool good = false;  // Made by the key over these bytes.
  std::string text{};
};

// Looks at the two headers and, with a key, at whether it signed the body: says
// which header is missing, that nobody can tell without a key, that another key
// signed or the body was changed, and how long ago the post was signed.
SignatureReport ReportSignature(const Post& post,
                                const std::optional<crypto::EcdsaP256Key>& key,
                                absl::Time now);

}  // namespace segrid::cli
