// Reading what was stored, one piece after the other: the least that a queue on
// disk can cost its reader.

#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace segrid::bench {

// A temporary file of LZ4 frames. Thread safety: none. Blocks for the file.
class FrameFile {
 public:
  // Writes the pieces, each as one frame. Aborts when it cannot.
  explicit FrameFile(const std::vector<std::string>& pieces);
  ~FrameFile();
  FrameFile(const FrameFile&) = delete;
  FrameFile& operator=(const FrameFile&) = delete;

  // Reads and unpacks all of them in their order; false when one is damaged.
  bool ReadAll();

 private:
  struct Frame {
    std::size_t stored_bytes;
    std::size_t bytes;
  };

  int file_;
  std::vector<Frame> frames_;
  std::string stored_;  // Room for the largest.
  std::string piece_;
};

}  // namespace segrid::bench
