// Messages between gRPC's buffers and ours, without copies where possible.

#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <string_view>

#include "core/codec/output.h"

namespace segrid::rpc {

// The bytes of a received message as one piece: a view when gRPC has them in
// one slice, else a copy. Holds what it needs; the ByteBuffer may go.
//
// Thread safety: as a const object.
class ReceivedBytes {
 public:
  explicit ReceivedBytes(const grpc::ByteBuffer& buffer);

  // False when gRPC cannot give the bytes (a compressed message that does not
  // unpack); then the view is empty.
  bool ok() const { return ok_; }
  std::string_view view() const;

 private:
  grpc::Slice slice_;
  bool ok_ = false;
};

// The contents of `out` as a message; `out` is empty afterwards. A small
// message is a copy, a large one takes the storage with it.
grpc::ByteBuffer TakeBytes(codec::OutputBuffer& out);

}  // namespace segrid::rpc
