// Recognizes what somebody pasted where a key belongs.

#pragma once

#include <string>
#include <string_view>

namespace segrid::crypto {

// `text` with real line breaks, if it is a PEM whose line breaks are written as
// `\n` or `\r\n`, as environment variables and JSON often have them.
std::string WithLineBreaks(std::string_view text);

// Says what `text` is, for messages ("an RSA public key", "a certificate"), or
// "" for what is nothing that is known here. Reads PEM, base64 of DER, and the
// forms of SendGrid's API keys, JWTs, SSH keys and paths of PEM files. Never
// fails, and never repeats any of `text`.
std::string_view DescribePasted(std::string_view text);

// DescribePasted() of a verification key of SendGrid's.
inline constexpr std::string_view kVerificationKey =
    "an ECDSA P-256 public key, as the verification key of a webhook is";

}  // namespace segrid::crypto
