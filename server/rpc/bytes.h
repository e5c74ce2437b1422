// Messages between gRPC's buffers and ours, without copies where possible.

#pragma once

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <string_view>

#include "absl/status/status.h"
#include "core/codec/output.h"
#include "server/rpc/error_status.h"

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

// Fills `message` from a received one. INVALID_ARGUMENT, MALFORMED_REQUEST: the
// bytes are no such message.
template <class Message>
absl::Status ParseMessage(const grpc::ByteBuffer& bytes, Message& message) {
  grpc::ByteBuffer copy(bytes);  // Of the references; parsing takes them.
  if (copy.Valid() &&
      grpc::SerializationTraits<Message>::Deserialize(&copy, &message).ok()) {
    return absl::OkStatus();
  }
  return NotAMessageError(Message::descriptor()->name());
}

// The bytes of `message`.
template <class Message>
grpc::ByteBuffer SerializeMessage(const Message& message) {
  grpc::ByteBuffer bytes;
  bool own = false;
  // Fails only for messages over 2 GiB.
  if (!grpc::SerializationTraits<Message>::Serialize(message, &bytes, &own)
           .ok()) {
    bytes.Clear();
  }
  return bytes;
}

// Frees the bytes of a request that was processed, which gRPC would keep
// until the call ends. Views into it are invalid afterwards.
inline void ReleaseRequest(const grpc::ByteBuffer& request) {
  // gRPC's own object is not const: it hands it out as such.
  const_cast<grpc::ByteBuffer&>(request).Clear();
}

}  // namespace segrid::rpc
