#include "client/cli/body.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "core/config/quantity.h"

namespace segrid::cli {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::int64_t kMaxMaxBytes = std::int64_t{1} << 30;

std::string CheckSize(const std::string& text) {
  const absl::StatusOr<std::int64_t> size = config::ParseSize(text);
  if (!size.ok()) return std::string(size.status().message());
  return 1 <= *size && *size <= kMaxMaxBytes ? "" : "must be 1B to 1GiB";
}

Error Failed(ErrorCode code, const std::string& name, const char* what) {
  Error error;
  error.code = code;
  error.message = name + ": " + what;
  return error;
}

// Closes what it opened.
class Descriptor {
 public:
  explicit Descriptor(const std::string& file)
      : number_(file == "-" ? STDIN_FILENO
                            : open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  ~Descriptor() {
    if (number_ > STDIN_FILENO) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int number() const { return number_; }

 private:
  const int number_;
};

// What is known before reading; 0 for pipes.
std::size_t SizeHint(int descriptor) {
  struct stat about {};
  if (fstat(descriptor, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
  return static_cast<std::size_t>(about.st_size);
}

}  // namespace

void AddBodyFlags(CLI::App& command, BodyFlags& flags) {
  command
      .add_option("FILE", flags.file,
                  "A JSON array of events as SendGrid posts it; - reads "
                  "standard input")
      ->type_name("")
      ->capture_default_str();
  command
      .add_option("--max-body", flags.max_bytes,
                  "Refuse a larger body: 1B to 1GiB")
      ->type_name("SIZE")
      ->check(CLI::Validator(CheckSize, ""))
      ->capture_default_str();
}

std::string NameOf(const BodyFlags& flags) {
  return flags.file == "-" ? "standard input" : flags.file;
}

Result<std::string> ReadBody(const BodyFlags& flags) {
  const std::string name = NameOf(flags);
  const auto limit =
      static_cast<std::size_t>(*config::ParseSize(flags.max_bytes));
  const auto too_large = [&] {
    return Failed(ErrorCode::kResourceExhausted, name,
                  ("the body is over " + flags.max_bytes +
                   "; see --max-body, or split it")
                      .c_str());
  };
  const Descriptor input(flags.file);
  if (input.number() < 0) {
    return Failed(ErrorCode::kNotFound, name, std::strerror(errno));
  }
  const std::size_t hint = SizeHint(input.number());
  if (hint > limit) return too_large();
  std::string body;
  body.reserve(hint + 1);
  std::size_t size = 0;
  while (true) {
    // One byte over the limit tells a body that is too large.
    const std::size_t room = std::min(
        limit + 1 - size, std::max(body.capacity() - size, kBlockBytes));
    body.resize(size + room);
    const ssize_t got = read(input.number(), body.data() + size, room);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EISDIR) {
      return Failed(ErrorCode::kInvalidArgument, name,
                    "Is a directory; name its files, such as with *");
    }
    if (got < 0) {
      return Failed(ErrorCode::kUnavailable, name, std::strerror(errno));
    }
    size += static_cast<std::size_t>(got);
    if (size > limit) return too_large();
    if (got == 0) break;
  }
  if (size == 0) {
    return Failed(ErrorCode::kInvalidArgument, name, "the body is empty");
  }
  body.resize(size);
  if (body.starts_with("\x1f\x8b")) {
    return Failed(ErrorCode::kInvalidArgument, name,
                  "is packed with gzip; unpack it first, as gunzip does");
  }
  return body;
}

}  // namespace segrid::cli
