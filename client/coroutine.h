// Calls for coroutines:
//
//   segrid::Result<segrid::v1::ForwardResponse> answer =
//       co_await segrid::CoForward(client, request);
//
// The coroutine goes on in the thread that has the answer, one of gRPC's: do
// not block there. Works with any coroutine type.

#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <utility>

#include "client/client.h"

namespace segrid {

// What `co_await` waits for. Ownership: shares the client's connection.
// Thread safety: none; await it once. All it has is on the heap: GCC 12 copies
// temporaries of a co_await expression byte by byte.
template <typename Request, typename Response>
class CallAwaiter {
 public:
  using Done = std::function<void(Result<Response>)>;
  using Start = void (Client::*)(Request, Done, CallOptions) const;

  CallAwaiter(const Client& client, Request request, CallOptions options,
              Start start)
      : state_(new State{client, std::move(request), std::move(options), start,
                         std::nullopt, false}) {}

  bool await_ready() const noexcept { return false; }

  // False: the answer came at once. The coroutine, and this with it, may be
  // gone as soon as `done` resumes it: only `state` is touched after the start.
  bool await_suspend(std::coroutine_handle<> waiting) {
    const std::shared_ptr<State> state = state_;
    (state->client.*state->start)(
        std::move(state->request),
        [state, waiting](Result<Response> answer) {
          state->answer.emplace(std::move(answer));
          if (state->second.exchange(true)) waiting.resume();
        },
        std::move(state->options));
    return !state->second.exchange(true);
  }

  Result<Response> await_resume() { return *std::move(state_->answer); }

 private:
  struct State {
    Client client;
    Request request;
    CallOptions options;
    Start start;
    std::optional<Result<Response>> answer;
    // Whoever comes second, the answer or the return from the start, goes on.
    std::atomic<bool> second;
  };

  std::shared_ptr<State> state_;
};

// Client::Transform as something to `co_await`.
inline auto CoTransform(const Client& client, v1::TransformRequest request,
                        CallOptions options) {
  return CallAwaiter<v1::TransformRequest, v1::TransformResponse>(
      client, std::move(request), std::move(options), &Client::TransformAsync);
}
inline auto CoTransform(const Client& client, v1::TransformRequest request) {
  return CoTransform(client, std::move(request), CallOptions());
}

// Client::Forward as something to `co_await`.
inline auto CoForward(const Client& client, v1::ForwardRequest request,
                      CallOptions options) {
  return CallAwaiter<v1::ForwardRequest, v1::ForwardResponse>(
      client, std::move(request), std::move(options), &Client::ForwardAsync);
}
inline auto CoForward(const Client& client, v1::ForwardRequest request) {
  return CoForward(client, std::move(request), CallOptions());
}

}  // namespace segrid
