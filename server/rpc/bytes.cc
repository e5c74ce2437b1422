#include "server/rpc/bytes.h"

#include <cstdlib>

namespace segrid::rpc {
namespace {

// A message up to this size is copied: that is cheaper than giving away a
// buffer which is many times as large and has to be made anew.
constexpr std::size_t kCopiedBytes = 8 << 10;
// But a buffer over this size is not worth keeping.
constexpr std::size_t kKeptBytes = 64 << 10;

}  // namespace

ReceivedBytes::ReceivedBytes(const grpc::ByteBuffer& buffer) {
  ok_ = buffer.TrySingleSlice(&slice_).ok() ||
        buffer.DumpToSingleSlice(&slice_).ok();
}

std::string_view ReceivedBytes::view() const {
  return {reinterpret_cast<const char*>(slice_.begin()), slice_.size()};
}

grpc::ByteBuffer TakeBytes(codec::OutputBuffer& out) {
  if (out.size() == 0) {
    const grpc::Slice empty;
    return grpc::ByteBuffer(&empty, 1);
  }
  if (out.size() <= kCopiedBytes && out.capacity() <= kKeptBytes) {
    const grpc::Slice copy(out.begin(), out.size());
    out.Clear();
    return grpc::ByteBuffer(&copy, 1);
  }
  const codec::OutputBuffer::Released bytes = out.Release();
  const grpc::Slice slice(bytes.data, bytes.size, std::free, bytes.storage);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace segrid::rpc
