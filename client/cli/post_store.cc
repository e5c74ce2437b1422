#include "client/cli/post_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"

namespace segrid::cli {
namespace {

Error Failed(ErrorCode code, std::string message) {
  Error error;
  error.code = code;
  error.message = std::move(message);
  return error;
}

std::string HeadOf(const Post& post) {
  std::string head = post.method + " " + post.target + "\n";
  for (const auto& [name, value] : post.headers) {
    head.append(name).append(": ").append(value).append("\n");
  }
  return head;
}

}  // namespace

Result<PostStore> PostStore::Open(const std::string& folder,
                                  PostLimits limits) {
  constexpr mode_t kOwnerOnly = 0700;
  if (mkdir(folder.c_str(), kOwnerOnly) != 0 && errno != EEXIST) {
    return Failed(ErrorCode::kUnavailable,
                  folder + ": cannot be made: " + std::strerror(errno));
  }
  const int opened = open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) {
    return Failed(ErrorCode::kUnavailable,
                  folder + ": cannot be used: " + std::strerror(errno));
  }
  return PostStore(folder, opened, limits);
}

PostStore::PostStore(PostStore&& other) noexcept
    : folder_(std::move(other.folder_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      limits_(other.limits_),
      posts_(other.posts_),
      bytes_(other.bytes_),
      number_(other.number_) {}

PostStore::~PostStore() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::optional<Error> PostStore::WriteFile(const std::string& name,
                                          std::string_view bytes) const {
  constexpr int kFlags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  constexpr mode_t kOwnerOnly = 0600;
  const int file = openat(descriptor_, name.c_str(), kFlags, kOwnerOnly);
  if (file < 0 && errno == EEXIST) {
    return Failed(ErrorCode::kAlreadyExists, "");
  }
  bool good = file >= 0;
  while (good && !bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    good = written >= 0;
    if (good) bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  const std::string why = good ? "" : std::strerror(errno);
  if (file >= 0) close(file);
  if (good) return std::nullopt;
  if (file >= 0) unlinkat(descriptor_, name.c_str(), 0);
  return Failed(ErrorCode::kUnavailable, folder_ + "/" + name + ": " + why);
}

Result<std::string> PostStore::Save(const Post& post, absl::Time now) {
  const std::string head = HeadOf(post);
  const auto size = static_cast<std::int64_t>(post.body.size() + head.size());
  if (posts_ >= limits_.max_posts || bytes_ + size > limits_.max_bytes) {
    return Failed(ErrorCode::kResourceExhausted,
                  absl::StrFormat("%s has %d posts of this run, %d bytes; no "
                                  "more are kept",
                                  folder_, posts_, bytes_));
  }
  const std::string time =
      absl::FormatTime("%Y%m%dT%H%M%E3SZ", now, absl::UTCTimeZone());
  while (true) {
    const std::string name = absl::StrFormat("%s-%06d", time, ++number_);
    std::optional<Error> error = WriteFile(name + ".body", post.body);
    if (!error) {
      error = WriteFile(name + ".headers", head);
      if (error) unlinkat(descriptor_, (name + ".body").c_str(), 0);
    }
    if (error && error->code == ErrorCode::kAlreadyExists) continue;
    if (error) return *std::move(error);
    ++posts_;
    bytes_ += size;
    return folder_ + "/" + name + ".body";
  }
}

}  // namespace segrid::cli
