// A preloaded library that makes the system calls fail, or hang, which change
// files below one directory: whoever makes them, RocksDB or the store itself.
//
// SEGRID_FAULT_DIR is the directory, SEGRID_FAULT_ORDER a file of four u32:
// mode, errno, how many calls may still fail, how many have failed. The test
// maps it and gives its orders there.

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

enum Mode : std::uint32_t { kHealthy, kWrites, kSyncs, kHalfWrites, kHangs };

struct Order {
  std::atomic<std::uint32_t> mode;
  std::atomic<std::uint32_t> error;
  std::atomic<std::uint32_t> left;
  std::atomic<std::uint32_t> failed;
};

Order* TheOrder() {
  static Order* const order = [] {
    const char* const path = std::getenv("SEGRID_FAULT_ORDER");
    const int file = path == nullptr ? -1 : ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return static_cast<Order*>(nullptr);
    void* const page = ::mmap(nullptr, sizeof(Order), PROT_READ | PROT_WRITE,
                              MAP_SHARED, file, 0);
    ::close(file);
    return page == MAP_FAILED ? nullptr : static_cast<Order*>(page);
  }();
  return order;
}

bool IsBelow(const char* path) {
  const char* const directory = std::getenv("SEGRID_FAULT_DIR");
  return directory != nullptr &&
         std::strncmp(path, directory, std::strlen(directory)) == 0;
}

bool IsBelow(int file) {
  std::array<char, 64> link;
  std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", file);
  std::array<char, 4096> path{};
  return ::readlink(link.data(), path.data(), path.size() - 1) > 0 &&
         IsBelow(path.data());
}

void HangUntilHealthy(const Order& order) {
  constexpr int kLookMilliseconds = 10;
  while (order.mode == kHangs) ::poll(nullptr, 0, kLookMilliseconds);
}

// Whether this call fails; errno is set then.
template <class Place>
bool Fails(Place place, bool is_sync) {
  Order* const order = TheOrder();
  if (order == nullptr) return false;
  const std::uint32_t mode = order->mode;
  if (mode == kHealthy || !IsBelow(place)) return false;
  if (mode == kHangs) {
    HangUntilHealthy(*order);
    return false;
  }
  if (is_sync != (mode == kSyncs)) return false;
  std::uint32_t left = order->left;
  do {
    if (left == 0) return false;
  } while (!order->left.compare_exchange_weak(left, left - 1));
  ++order->failed;
  errno = static_cast<int>(order->error.load());
  return true;
}

template <class Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

// What is written of a failing write before it fails.
std::size_t Half(std::size_t size) {
  return TheOrder()->mode == kHalfWrites ? size / 2 : 0;
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* data, std::size_t size) {
  static auto* const next =
      Next<ssize_t(int, const void*, std::size_t)>("write");
  if (!Fails(file, false)) return next(file, data, size);
  const int error = errno;
  // A caller goes on with the rest, and meets the error there.
  if (const std::size_t half = Half(size)) return next(file, data, half);
  errno = error;
  return -1;
}

ssize_t pwrite(int file, const void* data, std::size_t size, off_t at) {
  static auto* const next =
      Next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
  return Fails(file, false) ? -1 : next(file, data, size, at);
}

ssize_t pwrite64(int file, const void* data, std::size_t size, off_t at) {
  return pwrite(file, data, size, at);
}

ssize_t writev(int file, const iovec* parts, int count) {
  static auto* const next = Next<ssize_t(int, const iovec*, int)>("writev");
  return Fails(file, false) ? -1 : next(file, parts, count);
}

int fallocate(int file, int mode, off_t at, off_t size) {
  static auto* const next = Next<int(int, int, off_t, off_t)>("fallocate");
  return Fails(file, false) ? -1 : next(file, mode, at, size);
}

int ftruncate(int file, off_t size) {
  static auto* const next = Next<int(int, off_t)>("ftruncate");
  return Fails(file, false) ? -1 : next(file, size);
}

int ftruncate64(int file, off_t size) { return ftruncate(file, size); }

int rename(const char* from, const char* to) {
  static auto* const next = Next<int(const char*, const char*)>("rename");
  return Fails(to, false) ? -1 : next(from, to);
}

int unlink(const char* path) {
  static auto* const next = Next<int(const char*)>("unlink");
  return Fails(path, false) ? -1 : next(path);
}

int fsync(int file) {
  static auto* const next = Next<int(int)>("fsync");
  return Fails(file, true) ? -1 : next(file);
}

int fdatasync(int file) {
  static auto* const next = Next<int(int)>("fdatasync");
  return Fails(file, true) ? -1 : next(file);
}

int sync_file_range(int file, off64_t at, off64_t size, unsigned flags) {
  static auto* const next =
      Next<int(int, off64_t, off64_t, unsigned)>("sync_file_range");
  // Without flags it does nothing: RocksDB asks so whether it is there at all.
  if (flags == 0) return next(file, at, size, flags);
  return Fails(file, true) ? -1 : next(file, at, size, flags);
}

}  // extern "C"
