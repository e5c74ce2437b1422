// The bytes of a file of events, unpacked where it is a gzip.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "client/result.h"

namespace segrid::cli {

// Reads a file, or standard input, from its beginning to its end.
//
// A file that begins as a gzip is unpacked, with all its members one after the
// other; zeros behind the last one are padding. Everything else is given as it
// is. Memory: a few blocks, whatever the file's size.
// Thread safety: none. Blocking: for the file.
class ArchiveInput {
 public:
  // Whether a gzip is unpacked.
  enum class Packing { kUnpacked, kAsItIs };

  // Opens `file`; `-` is standard input, which is not closed. NOT_FOUND when it
  // cannot be opened, INVALID_ARGUMENT when it is a directory; the message does
  // not name the file.
  static Result<ArchiveInput> Open(const std::string& file,
                                   Packing packing = Packing::kUnpacked);

  // The same for bytes that are in memory already.
  static ArchiveInput OfBytes(std::string bytes);

  ArchiveInput(ArchiveInput&&) noexcept;
  ArchiveInput& operator=(ArchiveInput&&) noexcept;
  ~ArchiveInput();

  // Reads at most `size` bytes; 0 at the end. UNAVAILABLE when the file cannot
  // be read, DATA_LOSS when a gzip is damaged or cut off: what was given before
  // is right.
  Result<std::size_t> Read(char* to, std::size_t size);

  // Bytes that the file says it has, packed or not; 0 for pipes.
  std::size_t size_hint() const;

 private:
  class Reader;
  explicit ArchiveInput(std::unique_ptr<Reader> reader);

  std::unique_ptr<Reader> reader_;
};

}  // namespace segrid::cli
