// Paths of a request beside the sum of the parts that nobody can avoid: see
// bench/paths and bench/micro/delivery_bench.cc.

#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace segrid::bench {

// A figure of a part: its CPU seconds, see MicroFigures, …
struct PathPart {
  std::string_view what;
  std::string_view figure;
  // … times this figure of the same round; "": once.
  std::string_view times = "";
};

// At most so many parts has a path; the rest have no name.
inline constexpr std::size_t kMaxPathParts = 11;

struct PathCase {
  std::string_view what;
  std::string_view whole;
  std::array<PathPart, kMaxPathParts> parts;
  std::optional<double> goal = {};  // Σ parts ÷ whole.
};

namespace path {

// clang-format off
inline constexpr PathPart kFrames  = {"LZ4 of the Tracks", "Lz4Frames/100 cpu"};
inline constexpr PathPart kIds     = {"look-ups of 100 ids", "IdLookUps/100 cpu"};
inline constexpr PathPart kAppend16 = {"append to a raw log, 16 at a time", "RawAppend/16x100 cpu"};
inline constexpr PathPart kAppend8 = {"append to a raw log, 8 at a time", "RawAppend/8x100 cpu"};
inline constexpr PathPart kPostEcho = {"HTTP echo through our listener", "HttpEcho/100 cpu"};
inline constexpr PathPart kBodyHash = {"SHA-256 of the body", "Sha256/100 cpu"};
inline constexpr PathPart kSignature = {"ECDSA check", "EcdsaCheck cpu"};
inline constexpr PathPart kTransform100 = {"in-process transform", "TransformAlone/json/100 cpu"};

inline constexpr char kTracks[] = "WebhookDelivered/100 tracks";
inline constexpr char kSends[] = "BM_SendsCompressed/process_time cpu";
inline constexpr char kGzip[] = "BM_Gzip/process_time cpu";
inline constexpr char kReads[] = "BM_ReadsFrames/process_time cpu";
// clang-format on

}  // namespace path

// clang-format off
inline constexpr std::array kPathCases = {
    PathCase{"Transform RPC, JSON, 1 event", "TransformRpc/json/1 cpu", {{{"raw echo", "RawEcho/json/1 cpu"}, {"in-process transform", "TransformAlone/json/1 cpu"}}}},
    PathCase{"Transform RPC, JSON, 10 events", "TransformRpc/json/10 cpu", {{{"raw echo", "RawEcho/json/10 cpu"}, {"in-process transform", "TransformAlone/json/10 cpu"}}}, 0.95},
    PathCase{"Transform RPC, JSON, 100 events", "TransformRpc/json/100 cpu", {{{"raw echo", "RawEcho/json/100 cpu"}, {"in-process transform", "TransformAlone/json/100 cpu"}}}, 0.95},
    PathCase{"Transform RPC, JSON, 1,000 events", "TransformRpc/json/1000 cpu", {{{"raw echo", "RawEcho/json/1000 cpu"}, {"in-process transform", "TransformAlone/json/1000 cpu"}}}, 0.95},
    PathCase{"Transform RPC, typed, 1 event", "TransformRpc/typed/1 cpu", {{{"raw echo", "RawEcho/typed/1 cpu"}, {"in-process transform", "TransformAlone/typed/1 cpu"}}}},
    PathCase{"Transform RPC, typed, 10 events", "TransformRpc/typed/10 cpu", {{{"raw echo", "RawEcho/typed/10 cpu"}, {"in-process transform", "TransformAlone/typed/10 cpu"}}}, 0.95},
    PathCase{"Transform RPC, typed, 100 events", "TransformRpc/typed/100 cpu", {{{"raw echo", "RawEcho/typed/100 cpu"}, {"in-process transform", "TransformAlone/typed/100 cpu"}}}, 0.95},
    PathCase{"Transform RPC, typed, 1,000 events", "TransformRpc/typed/1000 cpu", {{{"raw echo", "RawEcho/typed/1000 cpu"}, {"in-process transform", "TransformAlone/typed/1000 cpu"}}}, 0.95},
    PathCase{"Forward RPC, durable, 100 events", "ForwardRpc/8x100 cpu", {{{"Transform RPC", "TransformRpc/8x100 cpu"}, path::kFrames, path::kAppend16, path::kIds}}, 0.85},
    PathCase{"webhook, signed, durable, 100 events", "WebhookPost/100 cpu", {{path::kPostEcho, path::kBodyHash, path::kSignature, path::kTransform100, path::kFrames, path::kAppend8, path::kIds}}, 0.85},
    PathCase{"delivery, TLS + gzip, a Track", "BM_DurableDeliveryTlsGzip/process_time cpu", {{{"a client that only sends", path::kSends}, {"ISA-L", path::kGzip}, {"reading LZ4 frames from a file", path::kReads}}}, 0.85},
    PathCase{"end to end, 100 events: webhook, durable, delivered", "WebhookDelivered/100 cpu", {{path::kPostEcho, path::kBodyHash, path::kSignature, path::kTransform100, path::kFrames, path::kAppend8, path::kIds, {"a client that only sends", path::kSends, path::kTracks}, {"ISA-L", path::kGzip, path::kTracks}, {"reading LZ4 frames from a file", path::kReads, path::kTracks}}}, 0.85},
};
// clang-format on

}  // namespace segrid::bench
