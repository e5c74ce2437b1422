#include "bench/paths/local_parts.h"

#include <lz4.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "bench/load/random.h"
#include "bench/paths/cpu_clock.h"
#include "bench/queue/append_load.h"
#include "bench/queue/raw_log.h"
#include "core/base/status_macros.h"
#include "core/pipeline/transform_batch.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid::bench {
namespace {

// As in core/queue/rocksdb/frame.cc.
constexpr int kAcceleration = 8;
constexpr std::size_t kFrameBytes = 65'000;

constexpr std::int64_t kKnownIds = 1'000'000;
constexpr std::int64_t kNewIds = 1'000'000;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

pipeline::Input InputOf(const PartInput& input, std::size_t i) {
  if (input.form == Input::kJson) {
    return {pipeline::Input::Form::kWebhookJson, input.bodies[i]};
  }
  return {pipeline::Input::Form::kTypedRequest, input.requests[i].bytes};
}

pipeline::Output OutputOf(Output output) {
  return output == Output::kBatch ? pipeline::Output::kBatchJson
                                  : pipeline::Output::kTracks;
}

absl::Status TransformOf(const PartInput& input, std::size_t i, Output output,
                         pipeline::BatchTransformer& transformer,
                         pipeline::TransformResult& result) {
  return transformer.Transform(InputOf(input, i), transform::Options(),
                               OutputOf(output), 0, result);
}

// The frames of `batch`, in `room`.
void AppendFrames(std::string_view batch, std::string& room) {
  room.resize(static_cast<std::size_t>(
      LZ4_compressBound(static_cast<int>(batch.size())) +
      static_cast<int>(batch.size() / kFrameBytes + 1) * 64));
  std::size_t used = 0;
  for (; !batch.empty();
       batch.remove_prefix(std::min(kFrameBytes, batch.size()))) {
    const std::string_view frame = batch.substr(0, kFrameBytes);
    used += static_cast<std::size_t>(LZ4_compress_fast(
        frame.data(), room.data() + used, static_cast<int>(frame.size()),
        static_cast<int>(room.size() - used), kAcceleration));
  }
  room.resize(used);
}

}  // namespace

absl::StatusOr<PartInput> MakePartInput(const std::vector<std::string>& bodies,
                                        Input form, Output output,
                                        std::int32_t events) {
  PartInput input{.form = form};
  SEGRID_ASSIGN_OR_RETURN(input.requests, MakePayloads({.input = form,
                                                        .output = output,
                                                        .batch = events,
                                                        .bodies = bodies}));
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  for (std::size_t i = 0; i < input.requests.size(); ++i) {
    if (form == Input::kJson) {
      v1::TransformRequest request;
      if (!request.ParseFromString(input.requests[i].bytes)) {
        return absl::InternalError("a request of our own cannot be read");
      }
      input.bodies.push_back(request.webhook_json());
    }
    SEGRID_RETURN_IF_ERROR(
        TransformOf(input, i, Output::kBatch, transformer, result));
    input.batches.emplace_back(result.output.view());
  }
  return input;
}

absl::StatusOr<Reading> TransformAlone(const PartInput& input, Output output,
                                       absl::Duration length) {
  pipeline::BatchTransformer transformer;
  pipeline::TransformResult result;
  absl::Status status;
  std::size_t next = 0;
  const double seconds = CpuOfCall(length, [&] {
    status.Update(TransformOf(input, next, output, transformer, result));
    next = (next + 1) % input.requests.size();
  });
  SEGRID_RETURN_IF_ERROR(status);
  return Reading{.cpu_seconds = seconds};
}

Reading HashAlone(const PartInput& input, absl::Duration length) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  const EVP_MD* const sha256 = EVP_sha256();
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  std::size_t next = 0;
  return {.cpu_seconds = CpuOfCall(length, [&] {
            const std::string& body = input.bodies[next];
            EVP_DigestInit_ex(context.get(), sha256, nullptr);
            EVP_DigestUpdate(context.get(), body.data(), body.size());
            EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
            next = (next + 1) % input.bodies.size();
          })};
}

Reading SignatureAlone(absl::Duration length) {
  const std::unique_ptr<EVP_PKEY, FreeContext> key(EVP_EC_gen("P-256"));
  std::array<unsigned char, 32> hash{};
  std::array<unsigned char, 128> signature{};
  std::size_t size = signature.size();
  const std::unique_ptr<EVP_PKEY_CTX, FreeContext> context(
      EVP_PKEY_CTX_new(key.get(), nullptr));
  EVP_PKEY_sign_init(context.get());
  EVP_PKEY_sign(context.get(), signature.data(), &size, hash.data(),
                hash.size());
  EVP_PKEY_verify_init(context.get());
  bool good = true;
  const double seconds = CpuOfCall(length, [&] {
    good = good && EVP_PKEY_verify(context.get(), signature.data(), size,
                                   hash.data(), hash.size()) == 1;
  });
  return {.cpu_seconds = good ? seconds : 0};
}

Reading PackAlone(const PartInput& input, absl::Duration length) {
  std::string room;
  std::size_t next = 0;
  return {.cpu_seconds = CpuOfCall(length, [&] {
            AppendFrames(input.batches[next], room);
            next = (next + 1) % input.batches.size();
          })};
}

absl::StatusOr<Reading> AppendAlone(const PartInput& input, int callers,
                                    const std::string& directory,
                                    absl::Duration length) {
  std::vector<std::string> frames(input.batches.size());
  for (std::size_t i = 0; i < frames.size(); ++i) {
    AppendFrames(input.batches[i], frames[i]);
  }
  RawLog log(directory + "/raw.log");
  const AppendRate rate = RunAppends(
      {.callers = callers, .duration = length},
      [&](int caller, std::int64_t call) {
        return log.Append(
            frames[static_cast<std::size_t>(caller + call) % frames.size()]);
      });
  if (rate.failed) return absl::UnavailableError(directory + ": disk full?");
  const auto calls = static_cast<double>(rate.calls);
  return Reading{.cpu_seconds = rate.cpu_seconds / calls,
                 .calls_per_second = calls / rate.seconds};
}

Reading LookUpsAlone(int ids, absl::Duration length) {
  using Id = std::pair<std::uint64_t, std::uint64_t>;
  absl::flat_hash_set<Id> table;
  table.reserve(static_cast<std::size_t>(kKnownIds + kNewIds));
  std::uint64_t number = 0;
  const auto insert = [&] {
    table.insert({Random(number).Next(), number});
    ++number;
  };
  while (table.size() < static_cast<std::size_t>(kKnownIds)) insert();
  const std::uint64_t last = number + static_cast<std::uint64_t>(kNewIds);
  return {.cpu_seconds = CpuOfCall(length, [&] {
            // Later ids are duplicates: the table is full.
            if (number + static_cast<std::uint64_t>(ids) > last) number = 0;
            for (int i = 0; i < ids; ++i) insert();
          })};
}

}  // namespace segrid::bench
