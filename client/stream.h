// Many batches over one stream: saves half of a call's cost for batches of a
// single event, nothing for batches of 100.

#pragma once

#include <optional>

#include "client/result.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid {

// A stream of batches and their answers. A batch that fails is answered by
// `error` in its answer (see ErrorOf) and the stream goes on.
//
//   stream->Write(request);             // As many as wanted; ids are yours.
//   stream->WritesDone();
//   while (auto answer = stream->Read()) Use(*answer);
//   if (auto error = stream->Finish()) Complain(*error);
//
// Nothing is retried: after an error send what was not answered once more; that
// is safe. Write and read in turn or from two threads: a server takes no more
// batches while its answers are not read.
//
// Ownership:     cancels the stream when destroyed before it has ended.
// Thread safety: one thread may write while another one reads.
// Blocking:      Write until there is room, Read until there is an answer, both
//                no longer than the stream's time (CallOptions::timeout).
template <typename Request, typename Response>
class Stream {
 public:
  virtual ~Stream() = default;

  // Sends a batch. False: the stream has ended, Finish() says why.
  virtual bool Write(const Request& request) = 0;

  // Says that there are no more batches. No Write after this.
  virtual void WritesDone() = 0;

  // The next answer; nullopt when the stream has ended.
  virtual std::optional<Response> Read() = 0;

  // Ends the stream, unread answers are lost. Nullopt when all was well. Call
  // it once, last.
  virtual std::optional<Error> Finish() = 0;
};

// The error of a batch: `answer->error()` of an answer that has one.
Error ErrorOf(const rpc::v1::Status& status);

using TransformStream =
    Stream<v1::TransformStreamRequest, v1::TransformStreamResponse>;
using ForwardStream =
    Stream<v1::ForwardStreamRequest, v1::ForwardStreamResponse>;

}  // namespace segrid
