// The four ways through the transform: JSON or typed in, JSON or typed out.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/pipeline/transform_batch.h"

namespace segrid::testing {

// Sends bodies through all ways and compares the answers. Not thread-safe.
class FourWays {
 public:
  // What is wrong, or "":
  // - JSON in: both outputs fail with the same error or give the same counts
  //   and issues;
  // - typed in (the same events, made by AppendTypedEvent) gives the same bytes
  //   as JSON in, and the same issues but for elements that are no objects;
  //   not where a time has a form that typed events have not;
  // - the Tracks of both outputs, each parsed by parsers that are not ours, say
  //   the same; none is over the limit of its size;
  // - events = tracks + skipped + rejected, and each has one issue or Track;
  // - a second run gives the same bytes.
  std::string Compare(std::string_view body, const transform::Options& options);

  // The same of any bytes as a typed request, between the two outputs: "" or
  // what is wrong. What the generated class accepts must be accepted.
  std::string CompareTyped(std::string_view request,
                           const transform::Options& options);

  // Of the last body: its counts, JSON in.
  const pipeline::Counts& counts() const { return json_to_json_.counts; }
  bool ok() const { return ok_; }
  // JSON to JSON.
  std::string_view batch_json() const { return json_to_json_.output.view(); }

 private:
  std::string CompareTypedInput(std::string_view body,
                                const transform::Options& options);
  std::string CompareOutputs();

  pipeline::BatchTransformer transformer_;
  pipeline::TransformResult json_to_json_;
  pipeline::TransformResult json_to_tracks_;
  pipeline::TransformResult other_;
  codec::JsonReader reader_;
  codec::Event event_;
  codec::OutputBuffer request_;
  bool ok_ = false;
};

}  // namespace segrid::testing
