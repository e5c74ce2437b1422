// Keys of a webhook as people give them on a command line.

#pragma once

#include <string>

#include "client/result.h"
#include "core/crypto/ecdsa_p256.h"

namespace segrid::cli {

// The verification key that `text` is, or that is in the file of this name:
// base64 or PEM. Of a private key, as `webhook-sign --new-key` makes one, its
// public half. INVALID_ARGUMENT: it is none; the message does not show it.
Result<crypto::EcdsaP256Key> VerificationKey(const std::string& text);

}  // namespace segrid::cli
