// The lines that a backfill could not use, byte for byte.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/result.h"

namespace segrid::cli {

// A file that is written at its end. Empty path: nothing is kept.
//
// Ownership: of the open file, which nobody else may open for this meanwhile.
// Thread safety: none. Blocking: for the disk.
class RejectedFile {
 public:
  // Makes the file, or goes on behind what it has. UNAVAILABLE when it cannot
  // be written, FAILED_PRECONDITION when another backfill writes it.
  static Result<RejectedFile> Open(const std::string& path);

  RejectedFile(RejectedFile&& other) noexcept;
  RejectedFile& operator=(RejectedFile&& other) = delete;
  ~RejectedFile();

  // Goes on behind the first `size` bytes: what stands behind them was written
  // by a run that was killed, and what Append() is given is not written again
  // where it is there already. Does nothing when there is less.
  void GoOnAt(std::int64_t size);

  // Drops what stands behind the first `size` bytes.
  std::optional<Error> CutTo(std::int64_t size);

  // Begins an item: what was written last gets the end of its line if it has
  // none.
  std::optional<Error> Begin();
  std::optional<Error> Append(std::string_view bytes);

  // Makes sure that all of it outlasts a power cut.
  std::optional<Error> Sync();

  // Bytes up to the end of what was appended.
  std::int64_t size() const { return known_; }
  // Bytes that the file has.
  std::int64_t file_size() const { return size_; }
  bool is_kept() const { return descriptor_ >= 0; }

 private:
  explicit RejectedFile(std::string path) : path_(std::move(path)) {}
  Error Failed(const char* what) const;
  bool IsThere(std::string_view bytes) const;

  std::string path_;
  int descriptor_ = -1;
  std::int64_t size_ = 0;
  std::int64_t known_ = 0;  // Less than size_ while GoOnAt() has an effect.
  bool in_line_ = false;
  bool is_synced_ = true;
};

}  // namespace segrid::cli
