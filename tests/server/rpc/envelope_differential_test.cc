// The envelopes' decoders against the generated classes.

#include <string>
#include <string_view>

#include "core/base/error_info.h"
#include "google/protobuf/stubs/logging.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "segrid/v1/bridge.pb.h"
#include "server/rpc/envelope.h"
#include "tests/server/rpc/request_maker.h"
#include "tests/testing/random.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;
using testing::Mutate;
using testing::Random;
using testing::TestSeed;

constexpr int kRounds = 50'000;

// What our decoder must say, given what the generated class read.
template <typename Request>
std::string ExpectedReason(const Request& request, int choice) {
  if (choice < 0 || choice > 2) return "MALFORMED_REQUEST";
  if (request.events_size() > 0 && !request.webhook_json().empty()) {
    return "TWO_INPUTS";
  }
  if (request.events_size() == 0 && request.webhook_json().empty()) {
    return "NO_INPUT";
  }
  return "";
}

// The bytes of the pipeline's input, seen through the generated class.
template <typename Request>
void ExpectSameInput(const pipeline::Input& input, const Request& request) {
  if (input.form == pipeline::Input::Form::kWebhookJson) {
    EXPECT_EQ(input.bytes, request.webhook_json());
    return;
  }
  Request again;
  ASSERT_TRUE(again.ParseFromArray(input.bytes.data(),
                                   static_cast<int>(input.bytes.size())));
  EXPECT_EQ(again.events_size(), request.events_size());
}

void ExpectSameTransform(const std::string& bytes, bool valid_events) {
  api::TransformRequest request;
  TransformEnvelope envelope;
  const absl::Status status = DecodeTransform(bytes, envelope);
  if (!request.ParseFromString(bytes)) {
    // What is wrong may be inside an event: the pipeline's business.
    if (valid_events) {
      EXPECT_EQ(base::ReasonOf(status), "MALFORMED_REQUEST");
    }
    return;
  }
  ASSERT_EQ(base::ReasonOf(status), ExpectedReason(request, request.output()));
  if (!status.ok()) return;
  EXPECT_EQ(envelope.source, request.source());
  EXPECT_EQ(envelope.output == pipeline::Output::kBatchJson,
            request.output() == api::OUTPUT_BATCH_JSON);
  ExpectSameInput(envelope.input, request);
}

void ExpectSameForward(const std::string& bytes, bool valid_events) {
  api::ForwardRequest request;
  ForwardEnvelope envelope;
  const absl::Status status = DecodeForward(bytes, envelope);
  if (!request.ParseFromString(bytes)) {
    if (valid_events) {
      EXPECT_EQ(base::ReasonOf(status), "MALFORMED_REQUEST");
    }
    return;
  }
  ASSERT_EQ(base::ReasonOf(status), ExpectedReason(request, request.wait()));
  if (!status.ok()) return;
  EXPECT_EQ(envelope.sources,
            std::vector<std::string>(request.sources().begin(),
                                     request.sources().end()));
  EXPECT_EQ(envelope.wait_delivered, request.wait() == api::WAIT_DELIVERED);
  ExpectSameInput(envelope.input, request);
}

void ExpectSameStream(const std::string& bytes) {
  api::TransformStreamRequest message;
  StreamEnvelope envelope;
  const absl::Status status = DecodeStream(bytes, envelope);
  if (!message.ParseFromString(bytes)) return;  // Perhaps for an inner reason.
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(envelope.request_id, message.request_id());
  api::TransformRequest inner;
  ASSERT_TRUE(inner.ParseFromArray(envelope.request.data(),
                                   static_cast<int>(envelope.request.size())));
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(
      inner, message.request()));
}

TEST(EnvelopeDifferential, ReadsWhatTheGeneratedClassesRead) {
  const google::protobuf::LogSilencer quiet;  // Texts that are not UTF-8.
  Random random(TestSeed());
  RequestMaker maker(random);
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    const std::string request = maker.Request();
    ExpectSameTransform(request, /*valid_events=*/true);
    ExpectSameForward(request, /*valid_events=*/true);
    ExpectSameStream(maker.StreamMessage());
  }
}

TEST(EnvelopeDifferential, RefusesNothingThatTheGeneratedClassesTake) {
  const google::protobuf::LogSilencer quiet;  // Texts that are not UTF-8.
  Random random(TestSeed());
  RequestMaker maker(random);
  for (int i = 0; i < kRounds && !HasFailure(); ++i) {
    std::string request = maker.Request();
    Mutate(random, request);
    ExpectSameTransform(request, /*valid_events=*/false);
    ExpectSameForward(request, /*valid_events=*/false);
    std::string message = maker.StreamMessage();
    Mutate(random, message);
    ExpectSameStream(message);
  }
}

}  // namespace
}  // namespace segrid::rpc
