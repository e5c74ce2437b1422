// A byte buffer that encoders append to and whose storage can be given away.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <utility>

namespace segrid::codec {

// A growing buffer on malloc()ed storage with room before the contents, so that
// a header whose size is known only at the end needs no copy. Released storage
// goes to the network as it is.
//
// Ownership:     owns its storage until Release().
// Thread safety: none; one user at a time.
// Errors:        throws std::bad_alloc when memory is exhausted.
class OutputBuffer {
 public:
  // Room kept before the contents for Prepend().
  static constexpr std::size_t kHeadroomBytes = 64;

  OutputBuffer() = default;
  ~OutputBuffer() { std::free(storage_); }
  OutputBuffer(OutputBuffer&& other) noexcept { Swap(other); }
  OutputBuffer& operator=(OutputBuffer&& other) noexcept {
    Swap(other);
    return *this;
  }

  std::string_view view() const { return {begin(), size()}; }
  std::size_t size() const { return end_ - begin_; }
  // The size of the storage.
  std::size_t capacity() const { return capacity_; }
  char* begin() const {
    return storage_ == nullptr ? nullptr : storage_ + begin_;
  }

  // Empties the buffer and keeps its storage.
  void Clear() { begin_ = end_ = kHeadroomBytes; }

  // Makes room for `bytes` more and returns where they go. Commit with
  // Finish(); pointers into the buffer become invalid.
  char* Reserve(std::size_t bytes) {
    if (capacity_ - end_ < bytes || storage_ == nullptr) Grow(bytes);
    return storage_ + end_;
  }
  // Ends the contents at `end`, a pointer into the reserved room.
  void Finish(char* end) { end_ = static_cast<std::size_t>(end - storage_); }
  // Drops what was appended since the size was `size`.
  void Truncate(std::size_t size) { end_ = begin_ + size; }

  void Append(std::string_view bytes) {
    char* out = Reserve(bytes.size());
    if (!bytes.empty()) std::memcpy(out, bytes.data(), bytes.size());
    Finish(out + bytes.size());
  }

  // Puts `bytes`, at most kHeadroomBytes in all, before the contents.
  void Prepend(std::string_view bytes) {
    begin_ -= bytes.size();
    std::memcpy(storage_ + begin_, bytes.data(), bytes.size());
  }

  // The storage, to be free()d by the caller, and where the contents are in it.
  struct Released {
    char* storage;
    char* data;
    std::size_t size;
    std::size_t capacity;
  };
  Released Release() {
    Released released{storage_, begin(), size(), capacity_};
    storage_ = nullptr;
    begin_ = end_ = kHeadroomBytes;
    capacity_ = 0;
    return released;
  }

 private:
  void Swap(OutputBuffer& other) noexcept {
    std::swap(storage_, other.storage_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

  void Grow(std::size_t bytes) {
    const std::size_t needed = end_ + bytes;
    const std::size_t doubled = capacity_ * 2;
    const std::size_t capacity = needed > doubled ? needed : doubled;
    void* grown = std::realloc(storage_, capacity);
    if (grown == nullptr) throw std::bad_alloc();
    storage_ = static_cast<char*>(grown);
    capacity_ = capacity;
  }

  char* storage_ = nullptr;
  std::size_t begin_ = kHeadroomBytes;
  std::size_t end_ = kHeadroomBytes;
  std::size_t capacity_ = 0;
};

}  // namespace segrid::codec
