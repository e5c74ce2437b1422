// Checks whether write keys and other secrets look like such.

#pragma once

#include <string>
#include <string_view>

namespace segrid::config {

// The checks say what is wrong and what would be right, or "". They never
// repeat any of it.

// Any secret: one word of printable ASCII.
std::string_view CheckSecret(std::string_view secret);

// A password: anything but control characters, up to 1 KiB.
std::string_view CheckPassword(std::string_view password);

// The value of a header: visible ASCII with blanks inside, up to 4 KiB.
std::string_view CheckHeaderValue(std::string_view value);

// A private RSA key in PEM form, without a passphrase.
std::string_view CheckRsaKey(std::string_view pem);

// A key of Standard Webhooks: `whsec_` and the base64 of 24 to 64 bytes.
std::string_view CheckSigningSecret(std::string_view secret);

// A write key. Those of receiver `jitsu` have two parts, joined by a ':'.
std::string_view CheckWriteKey(std::string_view key,
                               std::string_view receiver = "segment");

// The path of a file with a certificate or key, which is often pasted itself.
std::string CheckPemFile(const std::string& path);

}  // namespace segrid::config
