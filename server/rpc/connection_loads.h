// What gRPC knows of the streams of each connection.

#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace segrid::rpc {

// Counts since the connection was opened.
struct ConnectionLoad {
  std::int64_t streams_started = 0;
  std::int64_t streams_answered = 0;
  std::int64_t streams_failed = 0;  // Ended without an answer.

  // Never below 0, although gRPC reads the counts one after the other: of
  // streams that start and end between two of them only the end is counted.
  std::int64_t open_streams() const {
    return std::max<std::int64_t>(
        0, streams_started - streams_answered - streams_failed);
  }
};

// Reads channelz, which a server must have on (GRPC_ARG_ENABLE_CHANNELZ).
//
// Thread safety: none. Blocking: never; costs some 20 us per call.
class ConnectionLoads {
 public:
  // The connections of all servers of this process: what channelz calls each
  // (`ipv4:127.0.0.1:1234`, the peer) and its number there.
  using Numbers = std::unordered_map<std::string, std::int64_t>;
  Numbers List() const;

  // nullopt when there is no such connection any more.
  std::optional<ConnectionLoad> Of(std::int64_t number) const;
};

// How channelz calls the connection of a TCP socket; "" for others.
std::string ChannelzNameOf(int descriptor);

}  // namespace segrid::rpc
