#include "client/cli/archive_input.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>
#include <vector>

namespace segrid::cli {
namespace {

constexpr std::size_t kBlockBytes = 256 << 10;
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr int kGzipOnly = 16 + MAX_WBITS;

Error Failed(ErrorCode code, std::string what) {
  Error error;
  error.code = code;
  error.message = std::move(what);
  return error;
}

}  // namespace

class ArchiveInput::Reader {
 public:
  Reader(int descriptor, Packing packing)
      : descriptor_(descriptor), may_unpack_(packing == Packing::kUnpacked) {}
  explicit Reader(std::string bytes)
      : descriptor_(-1), bytes_(std::move(bytes)) {}
  ~Reader() {
    if (packed_) inflateEnd(&stream_);
    if (descriptor_ > STDIN_FILENO) close(descriptor_);
  }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Result<std::size_t> Read(char* to, std::size_t size) {
    if (!begun_) {
      if (auto error = Begin()) return *std::move(error);
    }
    return packed_ ? ReadPacked(to, size) : ReadPlain(to, size);
  }

  std::size_t size_hint() const {
    struct stat about {};
    if (fstat(descriptor_, &about) != 0 || !S_ISREG(about.st_mode)) return 0;
    return static_cast<std::size_t>(about.st_size);
  }

 private:
  // Finds out whether it is packed.
  std::optional<Error> Begin() {
    block_.resize(kBlockBytes);
    begun_ = true;
    while (left_.size() < kGzipMagic.size()) {
      const Result<bool> more = Fill();
      if (!more.ok()) return more.error();
      if (!*more) break;
    }
    packed_ = may_unpack_ && left_.starts_with(kGzipMagic) &&
              inflateInit2(&stream_, kGzipOnly) == Z_OK;
    return std::nullopt;
  }

  // Reads more behind what is left; false at the end of the file.
  Result<bool> Fill() {
    if (!left_.empty()) std::memmove(block_.data(), left_.data(), left_.size());
    const std::size_t kept = left_.size();
    const Result<std::size_t> got =
        ReadSource(block_.data() + kept, block_.size() - kept);
    if (!got.ok()) return got.error();
    left_ = {block_.data(), kept + *got};
    return *got > 0;
  }

  Result<std::size_t> ReadSource(char* to, std::size_t size) {
    if (descriptor_ < 0) {
      size = bytes_.copy(to, size, given_);
      given_ += size;
      return size;
    }
    ssize_t got = -1;
    do {
      got = read(descriptor_, to, size);
    } while (got < 0 && errno == EINTR);
    if (got >= 0) return static_cast<std::size_t>(got);
    if (errno == EISDIR) {
      return Failed(ErrorCode::kInvalidArgument,
                    "Is a directory; name its files, such as with *");
    }
    return Failed(ErrorCode::kUnavailable, std::strerror(errno));
  }

  Result<std::size_t> ReadPlain(char* to, std::size_t size) {
    if (left_.empty()) {
      const Result<bool> more = Fill();
      if (!more.ok()) return more.error();
    }
    const std::size_t given = std::min(size, left_.size());
    std::memcpy(to, left_.data(), given);
    left_.remove_prefix(given);
    return given;
  }

  Result<std::size_t> ReadPacked(char* to, std::size_t size) {
    while (true) {
      if (left_.empty()) {
        const Result<bool> more = Fill();
        if (!more.ok()) return more.error();
        if (!*more && between_members_) return std::size_t{0};
        if (!*more) return Damaged("is cut off");
      }
      if (between_members_) {
        if (left_.find_first_not_of('\0') == std::string_view::npos) {
          left_ = {};
          continue;  // Padding.
        }
        if (inflateReset(&stream_) != Z_OK) return Damaged("is damaged");
        between_members_ = false;
      }
      stream_.next_in =
          reinterpret_cast<Bytef*>(const_cast<char*>(left_.data()));
      stream_.avail_in = static_cast<uInt>(left_.size());
      stream_.next_out = reinterpret_cast<Bytef*>(to);
      stream_.avail_out = static_cast<uInt>(std::min(size, kBlockBytes));
      const uInt room = stream_.avail_out;
      const int code = inflate(&stream_, Z_NO_FLUSH);
      left_.remove_prefix(left_.size() - stream_.avail_in);
      if (code == Z_STREAM_END) between_members_ = true;
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return Damaged("is damaged");
      }
      const std::size_t given = room - stream_.avail_out;
      unpacked_ += static_cast<std::int64_t>(given);
      if (given > 0) return given;
    }
  }

  Error Damaged(std::string_view how) const {
    std::string message = "the gzip ";
    message.append(how).append(" behind ");
    message += std::to_string(unpacked_) +
               " unpacked bytes; check the file, as "
               "gzip --test does";
    return Failed(ErrorCode::kDataLoss, std::move(message));
  }

  const int descriptor_;  // -1: the bytes are in memory.
  const std::string bytes_;
  std::size_t given_ = 0;  // Of them.
  const bool may_unpack_ = true;
  bool begun_ = false;
  bool packed_ = false;
  bool between_members_ = false;
  std::int64_t unpacked_ = 0;
  z_stream stream_{};
  std::string block_;
  std::string_view left_;  // Of the block, not given yet.
};

Result<ArchiveInput> ArchiveInput::Open(const std::string& file,
                                        Packing packing) {
  const int descriptor =
      file == "-" ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return Failed(ErrorCode::kNotFound, std::strerror(errno));
  return ArchiveInput(std::make_unique<Reader>(descriptor, packing));
}

ArchiveInput ArchiveInput::OfBytes(std::string bytes) {
  return ArchiveInput(std::make_unique<Reader>(std::move(bytes)));
}

ArchiveInput::ArchiveInput(std::unique_ptr<Reader> reader)
    : reader_(std::move(reader)) {}
ArchiveInput::ArchiveInput(ArchiveInput&&) noexcept = default;
ArchiveInput& ArchiveInput::operator=(ArchiveInput&&) noexcept = default;
ArchiveInput::~ArchiveInput() = default;

Result<std::size_t> ArchiveInput::Read(char* to, std::size_t size) {
  return reader_->Read(to, size);
}

std::size_t ArchiveInput::size_hint() const { return reader_->size_hint(); }

}  // namespace segrid::cli
