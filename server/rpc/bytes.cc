#include "server/rpc/bytes.h"

#include <cstdlib>

namespace segrid::rpc {

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
  const codec::OutputBuffer::Released bytes = out.Release();
  const grpc::Slice slice(bytes.data, bytes.size, std::free, bytes.storage);
  return grpc::ByteBuffer(&slice, 1);
}

}  // namespace segrid::rpc
