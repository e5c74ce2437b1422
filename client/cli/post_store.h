// Posts in a folder, byte for byte.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "client/cli/post.h"
#include "client/result.h"

namespace segrid::cli {

// How much a PostStore keeps.
struct PostLimits {
  std::int64_t max_posts = 1'000;
  std::int64_t max_bytes = std::int64_t{1} << 30;
};

// Writes each post as two new files, `<time>-<number>.body` and the same with
// `.headers`. The names are of the clock and a counter, never of the post, and
// no file that is there is opened, so nothing outside the folder and nothing
// older is touched.
//
// Ownership: of the open folder. Thread safety: none. Blocking: for the disk.
class PostStore {
 public:
  // Makes the folder, for the owner alone, if it is not there. UNAVAILABLE when
  // it cannot be used.
  static Result<PostStore> Open(const std::string& folder, PostLimits limits);

  PostStore(PostStore&& other) noexcept;
  PostStore& operator=(PostStore&& other) = delete;
  ~PostStore();

  // Saves a post and gives the path of its body. RESOURCE_EXHAUSTED: over a
  // limit; UNAVAILABLE: it cannot be written, and nothing is left of it.
  Result<std::string> Save(const Post& post, absl::Time now);

  std::int64_t posts() const { return posts_; }

 private:
  PostStore(std::string folder, int descriptor, PostLimits limits)
      : folder_(std::move(folder)), descriptor_(descriptor), limits_(limits) {}
  std::optional<Error> WriteFile(const std::string& name,
                                 std::string_view bytes) const;

  std::string folder_;
  int descriptor_;
  PostLimits limits_;
  std::int64_t posts_ = 0;
  std::int64_t bytes_ = 0;
  std::int64_t number_ = 0;
};

}  // namespace segrid::cli
