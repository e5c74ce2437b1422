// What a post is, for the person who looks at it.

#pragma once

#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/cli/post.h"
#include "client/cli/signature_report.h"
#include "core/crypto/ecdsa_p256.h"
#include "core/transform/options.h"

namespace segrid::cli {

// What is looked at besides the post. A plain value.
struct PostReportOptions {
  std::optional<crypto::EcdsaP256Key> key{};
  transform::Options transform{};
};

// A post, looked at. A plain value.
struct PostReport {
  SignatureReport signature{};
  bool is_readable = false;  // Segrid's webhook would take its body.
  std::int64_t events = 0;
  std::int64_t tracks = 0;
  std::string text{};  // Lines, safe for a terminal.
};

// Says of a post who sent what, whether its signature is good, and what Segrid
// would make of each of its first events. Holds event data: for the screen of
// the one who asked only. A packed body is unpacked up to 64 MiB.
PostReport ReportPost(const Post& post, const PostReportOptions& options,
                      absl::Time now);

}  // namespace segrid::cli
