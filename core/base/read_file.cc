#include "core/base/read_file.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace segrid::base {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status SystemError(int number) {
  return absl::ErrnoToStatus(number, "cannot be read");
}

// False when there is still nothing to read at `deadline`.
bool WaitForBytes(int fd, absl::Time deadline) {
  pollfd file{fd, POLLIN, 0};
  for (;;) {
    const absl::Duration left = deadline - absl::Now();
    const int ready = ::poll(
        &file, 1,
        static_cast<int>(std::clamp<std::int64_t>(
            absl::ToInt64Milliseconds(absl::Ceil(left, absl::Milliseconds(1))),
            0, 60'000)));
    if (ready > 0) return true;
    if (ready == 0 && left <= absl::ZeroDuration()) return false;
  }
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::string& path,
                                     std::size_t max_bytes,
                                     absl::Duration patience) {
  const absl::Time deadline = absl::Now() + patience;
  // Without O_NONBLOCK, to open a pipe is to wait for its writer.
  const Descriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat kind {};
  if (file.get() < 0 || ::fstat(file.get(), &kind) != 0) {
    return SystemError(errno);
  }
  const bool is_regular = S_ISREG(kind.st_mode);
  // One byte more than allowed tells whether there is more.
  std::string content(max_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    if (!is_regular && !WaitForBytes(file.get(), deadline)) {
      return absl::DeadlineExceededError(absl::StrCat(
          "cannot be read: it is no regular file, and did not end within ",
          absl::FormatDuration(patience)));
    }
    const ssize_t count =
        ::read(file.get(), &content[size], content.size() - size);
    if (count == 0) break;
    if (count > 0) {
      size += static_cast<std::size_t>(count);
    } else if (errno != EINTR && errno != EAGAIN) {
      return SystemError(errno);
    }
  }
  if (size > max_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat("is over ", max_bytes, " bytes"));
  }
  content.resize(size);
  return content;
}

}  // namespace segrid::base
