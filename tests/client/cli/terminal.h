// A terminal for a program's output.

#pragma once

#include <fcntl.h>
#include <stdlib.h>  // NOLINT: posix_openpt()
#include <unistd.h>

#include <cstddef>
#include <string>

namespace segrid::tests {

// The other end of a terminal that `program` prints to.
class Terminal {
 public:
  Terminal() : master_(posix_openpt(O_RDWR | O_NOCTTY)) {
    grantpt(master_);
    unlockpt(master_);
    // Held open, so that what was printed outlives the program.
    slave_ = open(path().c_str(), O_RDWR | O_NOCTTY);
  }
  ~Terminal() {
    close(slave_);
    close(master_);
  }
  std::string path() const { return ptsname(master_); }
  std::string Read() const {
    std::string text(4096, '\0');
    const ssize_t size = read(master_, text.data(), text.size());
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  const int master_;
  int slave_;
};

}  // namespace segrid::tests
