#include "tests/testing/guarded_bytes.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>

namespace segrid::testing {
namespace {

constexpr std::size_t kPage = 4096;

}  // namespace

GuardedBytes::GuardedBytes(std::size_t capacity)
    : size_((capacity + kPage - 1) / kPage * kPage), begin_(nullptr) {
  void* const all = mmap(nullptr, size_ + 2 * kPage, PROT_NONE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) std::abort();
  begin_ = static_cast<char*>(all) + kPage;
  if (mprotect(begin_, size_, PROT_READ | PROT_WRITE) != 0) std::abort();
}

GuardedBytes::~GuardedBytes() { munmap(begin_ - kPage, size_ + 2 * kPage); }

std::string_view GuardedBytes::AtEnd(std::string_view bytes) {
  if (bytes.size() > size_) std::abort();
  char* const at = begin_ + (size_ - bytes.size());
  if (!bytes.empty()) std::memcpy(at, bytes.data(), bytes.size());
  return {at, bytes.size()};
}

std::string_view GuardedBytes::AtStart(std::string_view bytes) {
  if (bytes.size() > size_) std::abort();
  if (!bytes.empty()) std::memcpy(begin_, bytes.data(), bytes.size());
  return {begin_, bytes.size()};
}

}  // namespace segrid::testing
