#include "core/queue/rocksdb/reserve.h"

#include <fcntl.h>
#include <unistd.h>

namespace segrid::queue::rocksdb {

bool Reserve::Fill() {
  if (filled_ || bytes_ == 0) return true;
  const int fd = ::open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  filled_ = ::posix_fallocate(fd, 0, bytes_) == 0;
  ::close(fd);
  if (!filled_) ::unlink(path_.c_str());
  return filled_;
}

void Reserve::Release() {
  ::unlink(path_.c_str());
  filled_ = false;
}

}  // namespace segrid::queue::rocksdb
