// The steady state asks for no memory.

#include <cstdlib>
#include <string>

#include "absl/strings/str_cat.h"
#include "core/codec/event_writer.h"
#include "core/codec/json_reader.h"
#include "core/pipeline/transform_batch.h"
#include "core/transform/convert.h"
#include "gtest/gtest.h"
#include "tests/testing/allocation_count.h"
#include "tests/testing/data_files.h"

namespace segrid::pipeline {
namespace {

using testing::AllocationCount;
using transform::Options;

TEST(AllocationCount, CountsWhatIsAllocated) {
  const std::int64_t before = AllocationCount();
  // Volatile, or the compiler takes the pair away.
  void* volatile memory = std::malloc(100);
  std::free(memory);
  EXPECT_EQ(AllocationCount() - before, 1);
  int* volatile number = new int(1);
  delete number;
  EXPECT_EQ(AllocationCount() - before, 2);
}

struct Batch {
  const char* name;
  std::string body;
};

// 50 events with `count` custom arguments each.
std::string ManyArguments(int count, absl::string_view value) {
  std::string body = "[";
  for (int event = 0; event < 50; ++event) {
    absl::StrAppend(&body, event > 0 ? "," : "",
                    R"({"email":"a@b.c","event":"open","timestamp":1)");
    for (int i = 0; i < count; ++i) {
      absl::StrAppend(&body, ",\"key", i % (count - 3), "\":", value);
    }
    body += "}";
  }
  return body + "]";
}

std::vector<Batch> Batches() {
  return {
      {"100 events",
       testing::ReadDataFile("tests/data/bench/bench-events-100.json")},
      {"1,000 events",
       testing::ReadDataFile("tests/data/bench/bench-events-1000.json")},
      {"200 arguments", ManyArguments(200, "\"value\"")},
      {"200 arguments with escapes", ManyArguments(200, R"("v\u0061\n\"")")},
      {"200 numbers", ManyArguments(200, "12")},
      {"bad events", R"([1,{},{"event":"open"},{"event":"x"},"s",[{}]])"},
      {"long texts with escapes",
       ManyArguments(5, absl::StrCat("\"", std::string(5'000, 'x'), "\\n\""))},
      {"bytes that are no UTF-8",
       absl::StrCat("\xEF\xBB\xBF", ManyArguments(8, "\"caf\xE9\""))},
      {"nested arguments",
       ManyArguments(8, "1,\"custom_args\":{\"a\":1},\"unique_args\":{}")},
      {"times and addresses",
       R"([{"email":"a","event":"click","timestamp":1591726752.5,"ip":"1.2.3.4",)"
       R"("url":"u\/?q","key1":" 7 ","useragent":"curl/8"},)"
       R"({"event":"open","timestamp":"2020-06-09T18:19:12Z","key1":"u"}])"},
      {"long keys with escapes",
       R"([{"email":"a","event":"open","timestamp":1,"\n)" +
           std::string(6'000, 'k') + "\":1}]"},
  };
}

// The same events as a typed request.
std::string TypedRequest(std::string_view body) {
  codec::JsonReader reader;
  codec::Event event;
  codec::OutputBuffer request;
  transform::FieldCounts ignored;
  EXPECT_TRUE(reader.Open(body).ok());
  for (auto step = reader.Next(event); step != codec::JsonReader::Step::kEnd;
       step = reader.Next(event)) {
    if (step != codec::JsonReader::Step::kEvent) continue;
    transform::ConvertAll(event, ignored);
    codec::AppendTypedEvent(1, event, request);
  }
  return std::string(request.view());
}

Options EverythingOn() {
  Options options;
  options.events = ~std::uint32_t{0};
  options.custom_args.all = true;
  options.user_id_from = "key1";
  options.subject_from = {"key2"};
  options.extra_fields = {catalog::Field("sg_message_id"),
                          catalog::Field("category"), catalog::Field("reason"),
                          catalog::Field("url_offset")};
  options.spec_context = true;
  options.tag = "ab12";
  return options;
}

// What is off the path of most sources.
Options Personal() {
  Options options = EverythingOn();
  options.custom_args.prefix = "arg_";
  options.derived = (1u << catalog::kDerivedCount) - 1;
  options.only = {{{.field = catalog::Field("event"),
                    .custom_arg = {},
                    .values = {"open", "click", "bounce"}}}};
  options.except = {
      {{.field = catalog::kNoField, .custom_arg = "key3", .values = {"x"}}}};
  options.personal = {.email = transform::Treatment::kOmit,
                      .ip = transform::Treatment::kTruncate,
                      .user_agent = transform::Treatment::kOmit,
                      .link_query = transform::Treatment::kOmit};
  return options;
}

// Allocations of the fourth run of a batch with the same storage.
std::int64_t SteadyAllocations(const Input& input, const Options& options,
                               Output output) {
  BatchTransformer transformer;
  TransformResult result;
  std::int64_t before = 0;
  for (int run = 0; run < 4; ++run) {
    before = AllocationCount();
    const bool ok =
        transformer.Transform(input, options, output, 0, result).ok();
    if (run < 3) {
      EXPECT_TRUE(ok);
    }
  }
  return AllocationCount() - before;
}

TEST(TransformBatchAllocations, AreNoneAfterTheFirstBatches) {
  for (const Batch& batch : Batches()) {
    const std::string typed = TypedRequest(batch.body);
    for (const Options& options : {Options(), EverythingOn(), Personal()}) {
      for (const Output output : {Output::kBatchJson, Output::kTracks}) {
        const Input json{Input::Form::kWebhookJson, batch.body};
        EXPECT_EQ(SteadyAllocations(json, options, output), 0)
            << batch.name << ", JSON in";
        const Input request{Input::Form::kTypedRequest, typed};
        EXPECT_EQ(SteadyAllocations(request, options, output), 0)
            << batch.name << ", typed in";
      }
    }
  }
}

// The storage of the answer itself, and growing it.
TEST(TransformBatchAllocations, AnAnswerThatIsGivenAwayCostsFew) {
  const std::string body =
      testing::ReadDataFile("tests/data/bench/bench-events-100.json");
  const std::string typed = TypedRequest(body);
  BatchTransformer transformer;
  TransformResult result;
  for (const Output output : {Output::kBatchJson, Output::kTracks}) {
    for (const Input& input : {Input{Input::Form::kWebhookJson, body},
                               Input{Input::Form::kTypedRequest, typed}}) {
      for (int run = 0; run < 4; ++run) {
        const std::int64_t before = AllocationCount();
        ASSERT_TRUE(
            transformer.Transform(input, Options(), output, 0, result).ok());
        const std::int64_t made = AllocationCount() - before;
        std::free(result.output.Release().storage);
        if (run > 1) {
          EXPECT_LE(made, 3);
        }
      }
    }
  }
}

}  // namespace
}  // namespace segrid::pipeline
