#include "core/http/beast_client.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/defer.hpp"
#include "boost/asio/post.hpp"
#include "core/base/error_info.h"

namespace segrid::http {
namespace {

namespace asio = boost::asio;
std::string HeadOf(const Endpoint& endpoint, const Request& request) {
  std::string head =
      absl::StrCat(request.method, " ", request.target,
                   " HTTP/1.1\r\nHost: ", endpoint.authority(), "\r\n");
  for (const auto& [name, value] : request.headers) {
    absl::StrAppend(&head, name, ": ", value, "\r\n");
  }
  if (request.method != "GET") {
    absl::StrAppend(&head, "Content-Length: ", request.body.size_bytes(),
                    "\r\n");
  }
  head += "\r\n";
  return head;
}

}  // namespace

// The connections that wait. Thread safety: any thread.
class BeastClient::State {
 public:
  State(ClientOptions o, asio::any_io_executor e, base::Clock& c)
      : options(std::move(o)),
        io(std::move(e)),
        clock(c),
        resolver(options.resolver != nullptr ? options.resolver
                                             : MakeSystemResolver()) {}

  struct Kept {
    std::shared_ptr<Connection> connection;
    absl::Duration opened_at;
  };

  bool Enter() {
    absl::MutexLock lock(&mu_);
    if (in_flight_ >= options.max_concurrent_requests) return false;
    ++in_flight_;
    return true;
  }
  void Leave() {
    absl::MutexLock lock(&mu_);
    --in_flight_;
  }

  // The last used connection that waits; without one, its pointer is null.
  Kept Pop() {
    absl::MutexLock lock(&mu_);
    if (kept_.empty()) return {};
    Kept last = std::move(kept_.back());
    kept_.pop_back();
    return last;
  }
  void Push(Kept kept) {
    absl::MutexLock lock(&mu_);
    kept_.push_back(std::move(kept));
  }
  // Closes them. What waits has nothing pending that would keep it.
  void DropAll() {
    std::vector<Kept> dropped;
    absl::MutexLock lock(&mu_);
    dropped.swap(kept_);
  }

  const ClientOptions options;
  const asio::any_io_executor io;
  base::Clock& clock;
  const std::shared_ptr<Resolver> resolver;
  // Which of the name's addresses the next connection tries first.
  std::atomic<std::size_t> first_address = 0;

 private:
  absl::Mutex mu_;
  std::vector<Kept> kept_ ABSL_GUARDED_BY(mu_);
  std::int32_t in_flight_ ABSL_GUARDED_BY(mu_) = 0;
};

// One request: finds or opens a connection, sends, watches the time. Runs on
// the connection's strand.
class BeastClient::Exchange : public std::enable_shared_from_this<Exchange> {
 public:
  Exchange(std::shared_ptr<State> state, Request request, Done done)
      : state_(std::move(state)),
        began_(state_->clock.Uptime()),
        request_(std::move(request)),
        done_(std::move(done)) {}

  void Begin() {
    kept_ = state_->Pop();
    reused_ = kept_.connection != nullptr;
    if (!reused_) {
      const ClientOptions& options = state_->options;
      kept_ = {
          std::make_shared<Connection>(state_->io,
                                       Route{.endpoint = options.endpoint,
                                             .tls = options.tls,
                                             .proxy = options.proxy,
                                             .proxy_auth = options.proxy_auth},
                                       options.limits),
          began_};
    }
    // After what runs in this thread, without waking another.
    asio::defer(kept_.connection->strand(),
                [self = shared_from_this()] { self->OnStrand(); });
  }

 private:
  void OnStrand() {
    const ClientOptions& options = state_->options;
    if (reused_) {
      const bool alive = kept_.connection->StopWaiting();
      const absl::Duration age = began_ - kept_.opened_at;
      if (!alive || age > options.max_connection_age) {
        kept_.connection->Close();
        return Begin();
      }
    }
    if (reused_) return Send();
    WatchTime(std::min(options.connect_timeout, options.request_timeout),
              "connecting");
    kept_.connection->Open(*state_->resolver, state_->first_address,
                           [self = shared_from_this()](absl::Status status) {
                             if (!status.ok())
                               return self->Finish(std::move(status));
                             self->connected_ = true;
                             self->SendFirst();
                           });
  }

  // On a new connection, too, nothing may have come before the request.
  void SendFirst() {
    if (kept_.connection->IsReady()) return Send();
    Finish(base::MakeError(
        absl::StatusCode::kUnavailable, "CONNECTION_LOST",
        absl::StrCat("the connection to ", state_->options.endpoint.authority(),
                     " broke: it answered, or closed, before the request")));
  }

  void Send() {
    if (done_ == nullptr) return;  // Too late.
    WatchTime(state_->options.request_timeout, "the request");
    std::string head = HeadOf(state_->options.endpoint, request_);
    kept_.connection->Exchange(
        std::move(head), std::move(request_.body),
        [self = shared_from_this()](absl::StatusOr<Response> response) {
          self->Finish(std::move(response));
        });
  }

  // Fails the exchange `limit` after its begin.
  void WatchTime(absl::Duration limit, const char* what) {
    const absl::Duration left = began_ + limit - state_->clock.Uptime();
    kept_.connection->limit().Set(left,
                                  [self = shared_from_this(), limit, what] {
                                    self->OnTooLate(limit, what);
                                  });
  }

  void OnTooLate(absl::Duration limit, const char* what) {
    Finish(base::MakeError(
        absl::StatusCode::kDeadlineExceeded, "TIMEOUT",
        absl::StrCat(what, " to ", state_->options.endpoint.authority(),
                     " took longer than ", absl::FormatDuration(limit))));
  }

  void Finish(absl::StatusOr<Response> response) {
    // The operation that a time-out or a failure ended reports once more.
    if (done_ == nullptr) return;
    const auto ends = state_->options.ends_connection;
    const bool failed =
        !response.ok() || (ends != nullptr && ends(response->status));
    if (!failed && kept_.connection->keep_alive()) {
      kept_.connection->Wait(state_->options.idle_timeout);
      state_->Push(std::move(kept_));
    } else {
      kept_.connection->Close();
      if (failed) state_->DropAll();
      if (!reused_ && !connected_) ++state_->first_address;
    }
    state_->Leave();
    std::exchange(done_, nullptr)(std::move(response));
  }

  const std::shared_ptr<State> state_;
  const absl::Duration began_;
  Request request_;
  Done done_;
  State::Kept kept_;
  bool reused_ = false;
  bool connected_ = false;
};

BeastClient::BeastClient(ClientOptions options, asio::any_io_executor io,
                         base::Clock& clock)
    : state_(
          std::make_shared<State>(std::move(options), std::move(io), clock)) {}

BeastClient::~BeastClient() {
  state_->resolver->Cancel();
  state_->DropAll();
}

void BeastClient::Send(Request request, Done done) {
  if (!state_->Enter()) {
    asio::post(state_->io, [done = std::move(done), state = state_] {
      done(base::MakeError(
          absl::StatusCode::kResourceExhausted, "TOO_MANY_REQUESTS",
          absl::StrCat("over ", state->options.max_concurrent_requests,
                       " requests at once to ",
                       state->options.endpoint.authority())));
    });
    return;
  }
  std::make_shared<Exchange>(state_, std::move(request), std::move(done))
      ->Begin();
}

}  // namespace segrid::http
