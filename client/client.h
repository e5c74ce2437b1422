// The client of a Segrid server: SendGrid events in, Segment Tracks out, or on
// their way to Segment.
//
//   auto client = segrid::Client::Connect({.address = "127.0.0.1:50051"});
//   if (!client.ok()) return Complain(client.error());
//   auto answer = client->Transform(webhook_body);
//   if (!answer.ok()) return Complain(answer.error());
//   for (const segrid::v1::Track& track : answer->tracks()) Use(track);
//   for (const segrid::v1::EventIssue& issue : answer->issues()) Note(issue);

#pragma once

#include <memory>
#include <string>
#include <vector>

#include "client/call_options.h"
#include "client/client_options.h"
#include "client/connection.h"
#include "client/result.h"
#include "client/stream.h"
#include "segrid/v1/bridge.pb.h"

namespace segrid {

// What a Transform of a webhook body may say besides the body.
struct TransformOptions {
  // The source whose settings apply. Empty: the settings' defaults.
  std::string source{};

  // Typed Tracks, or a body for Segment's `/v1/batch`.
  v1::Output output = v1::OUTPUT_TRACKS;

  CallOptions call{};
};

// What a Forward of a webhook body may say besides the body.
struct ForwardOptions {
  // The sources that get the events. Empty: all of the server.
  std::vector<std::string> sources{};

  // Answer when the events are durable, or when they are delivered.
  v1::Wait wait = v1::WAIT_ACCEPTED;

  CallOptions call{};
};

// Talks to a server. Calls that fail for a moment are tried again, large
// batches are sent in parts (ClientOptions). A bad event is an issue of the
// answer, never an error of the call: for each source, events = tracks +
// skipped + rejected in every answer.
//
// Ownership:     shares its Connection; copies are cheap and equal.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      until the answer is there or the call's time is over
//                (`ClientOptions::timeout`, 10 s, unless the call says
//                otherwise).
// Errors:        see Connection.
class Client {
 public:
  // `connection` is not null.
  explicit Client(std::shared_ptr<Connection> connection);

  // Copies, also where it could move: no client is ever empty.
  Client(const Client&) = default;
  Client& operator=(const Client&) = default;
  ~Client() = default;

  // A client over a new connection; see segrid::Connect() for the errors.
  static Result<Client> Connect(const ClientOptions& options = {});

  // Turns events into Tracks and gives them back.
  Result<v1::TransformResponse> Transform(
      const v1::TransformRequest& request,
      const CallOptions& options = {}) const;

  // The same for a body as SendGrid posts it.
  Result<v1::TransformResponse> Transform(
      std::string webhook_json, const TransformOptions& options = {}) const;

  // The same without blocking; see Connection for the thread of `done`.
  void TransformAsync(v1::TransformRequest request, TransformDone done,
                      CallOptions options = {}) const;

  // Turns events into Tracks and queues them for delivery. OK means that the
  // server has them for good. Repeating a call is safe.
  Result<v1::ForwardResponse> Forward(const v1::ForwardRequest& request,
                                      const CallOptions& options = {}) const;

  // The same for a body as SendGrid posts it.
  Result<v1::ForwardResponse> Forward(std::string webhook_json,
                                      const ForwardOptions& options = {}) const;

  // The same without blocking; see Connection for the thread of `done`.
  void ForwardAsync(v1::ForwardRequest request, ForwardDone done,
                    CallOptions options = {}) const;

  // Opens a stream of batches; see Stream.
  Result<std::unique_ptr<TransformStream>> OpenTransformStream(
      const CallOptions& options = {}) const;
  Result<std::unique_ptr<ForwardStream>> OpenForwardStream(
      const CallOptions& options = {}) const;

 private:
  std::shared_ptr<Connection> connection_;
};

}  // namespace segrid
