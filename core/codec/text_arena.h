// Storage for the few texts that cannot stay views into the request.

#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace segrid::codec {

// A bump allocator: texts live until Reset(), which keeps one block that has
// room for as much as there was, so that the steady state allocates nothing.
// Thread safety: none.
class TextArena {
 public:
  // Room for `bytes`, which must be at least what is then Keep()t.
  char* Reserve(std::size_t bytes) {
    if (blocks_.empty() || blocks_.back().size - used_ < bytes) AddBlock(bytes);
    return blocks_.back().bytes.get() + used_;
  }
  // Keeps the first `bytes` of the reserved room and returns them as text.
  std::string_view Keep(std::size_t bytes) {
    const std::string_view text(blocks_.back().bytes.get() + used_, bytes);
    used_ += bytes;
    return text;
  }
  void Reset() {
    if (grown_) [[unlikely]] {
      KeepLargest();
    }
    used_ = 0;
  }

 private:
  static constexpr std::size_t kBlockBytes = 4096;
  // A larger block is not kept: what needs it is too large for a Track.
  static constexpr std::size_t kMaxKeptBytes = 256 << 10;
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size;
  };

  // Each block is twice the one before, so the last one is larger than all
  // others together.
  void AddBlock(std::size_t bytes) {
    const std::size_t doubled = blocks_.empty() ? 0 : 2 * blocks_.back().size;
    const std::size_t size = std::max({bytes, kBlockBytes, doubled});
    blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
    used_ = 0;
    grown_ = true;
  }

  void KeepLargest() {
    if (blocks_.back().size > kMaxKeptBytes) {
      blocks_.clear();
    } else {
      blocks_.erase(blocks_.begin(), blocks_.end() - 1);
    }
    grown_ = false;
  }

  std::vector<Block> blocks_;
  std::size_t used_ = 0;  // In the last block.
  bool grown_ = false;    // Since the last Reset().
};

}  // namespace segrid::codec
