#include "bench/micro/corpus.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/codec/event_writer.h"
#include "core/codec/json_reader.h"
#include "core/codec/output.h"
#include "core/transform/convert.h"
#include "simdjson.h"

namespace segrid::bench {
namespace {

// `events` of TransformRequest.
constexpr std::uint32_t kEventsNumber = 1;

[[noreturn]] void Die(const std::string& what) {
  std::fprintf(stderr, "bench: %s\n", what.c_str());
  std::exit(1);
}

// The elements of a body, each as its own JSON text.
std::vector<std::string> SplitEvents(const std::string& body) {
  simdjson::dom::parser parser;
  std::vector<std::string> events;
  for (const simdjson::dom::element event : parser.parse(body).get_array()) {
    events.push_back(simdjson::minify(event));
  }
  return events;
}

}  // namespace

std::string ReadBody(const std::string& path) {
  std::ifstream file(std::string(SEGRID_SOURCE_DIR "/tests/data/") + path,
                     std::ios::binary);
  if (!file) Die("cannot read tests/data/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::optional<std::string> TypedRequestOf(const std::string& body) {
  using Step = codec::JsonReader::Step;
  codec::JsonReader reader;
  codec::Event event;
  codec::OutputBuffer request;
  request.Clear();
  transform::FieldCounts counts;
  if (!reader.Open(body).ok()) return std::nullopt;
  for (Step step = reader.Next(event); step != Step::kEnd;
       step = reader.Next(event)) {
    if (step == Step::kError) return std::nullopt;
    if (step == Step::kNotAnObject) continue;
    transform::ConvertAll(event, counts);
    codec::AppendTypedEvent(kEventsNumber, event, request);
  }
  return std::string(request.view());
}

std::string TypedRequest(const std::string& body) {
  std::optional<std::string> request = TypedRequestOf(body);
  if (!request.has_value()) Die("the body is no JSON array");
  return *std::move(request);
}

std::string MakeBody(std::size_t count, std::size_t custom_args) {
  static const auto* const kEvents = new std::vector<std::string>(
      SplitEvents(ReadBody("bench/bench-events-100.json")));
  std::string extra;
  for (std::size_t i = 0; i < custom_args; ++i) {
    extra += ",\"custom_argument_" + std::to_string(i) + "\":\"value number " +
             std::to_string(i) + "\"";
  }
  std::string body = "[";
  for (std::size_t i = 0; i < count; ++i) {
    const std::string& event = (*kEvents)[i % kEvents->size()];
    if (i > 0) body += ",";
    body.append(event, 0, event.size() - 1);
    body += extra + "}";
  }
  return body + "]";
}

std::size_t CountEvents(const std::string& body) {
  return SplitEvents(body).size();
}

}  // namespace segrid::bench
