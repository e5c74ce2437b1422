// The methods that can be loaded, and the forms of their input and output.

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace segrid::bench {

enum class Method {
  kTransform,
  kForward,
  kTransformStream,
  kForwardStream,
  kEcho,
  kWebhook,  // POST over HTTP, as SendGrid does it.
};

struct MethodRow {
  Method method;
  std::string_view name;  // On the command line.
  const char* path;       // On the wire; a webhook's is part of its URL.
  bool is_stream;
  bool is_forward;  // Events are queued, and duplicates dropped.
};

inline constexpr std::array<MethodRow, 6> kMethods = {{
    {Method::kTransform, "transform", "/segrid.v1.BridgeService/Transform",
     false, false},
    {Method::kForward, "forward", "/segrid.v1.BridgeService/Forward", false,
     true},
    {Method::kTransformStream, "transform-stream",
     "/segrid.v1.BridgeService/TransformStream", true, false},
    {Method::kForwardStream, "forward-stream",
     "/segrid.v1.BridgeService/ForwardStream", true, true},
    {Method::kEcho, "echo", "/segrid.bench.v1.EchoService/Echo", false, false},
    {Method::kWebhook, "webhook", "", false, true},
}};

constexpr const MethodRow& RowOf(Method method) {
  return kMethods[static_cast<std::size_t>(method)];
}

// How requests carry their events.
enum class Input { kTyped, kJson };

// How Transform answers.
enum class Output { kTracks, kBatch };

}  // namespace segrid::bench
