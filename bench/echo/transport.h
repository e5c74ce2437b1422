// gRPC settings that server and client of a measurement share.

#pragma once

#include "grpc/grpc.h"
#include "grpcpp/server_builder.h"
#include "grpcpp/support/channel_arguments.h"

namespace segrid::bench {

inline constexpr int kMaxFrameBytes = 1 << 20;
inline constexpr int kReadChunkBytes = 64 << 10;
inline constexpr int kMaxMessageBytes = 64 << 20;

// The same settings as the product's server has, so that a ratio compares what
// is done with the bytes and not how they came.
inline void ApplyTransport(grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMaxFrameBytes);
  builder.AddChannelArgument(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadChunkBytes);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
}

inline void ApplyTransport(grpc::ChannelArguments& arguments) {
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_FRAME_SIZE, kMaxFrameBytes);
  arguments.SetInt(GRPC_ARG_TCP_READ_CHUNK_SIZE, kReadChunkBytes);
  arguments.SetMaxReceiveMessageSize(kMaxMessageBytes);
}

}  // namespace segrid::bench
