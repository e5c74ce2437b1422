#include "server/http/listener.h"

#include <sys/resource.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "absl/synchronization/mutex.h"
#include "boost/asio/steady_timer.hpp"
#include "core/base/status_macros.h"
#include "server/http/tls.h"

namespace segrid::httpd {
namespace {

// Time-outs are at most this late.
constexpr std::chrono::milliseconds kSweepInterval(100);
// Files and connections of the rest of the process.
constexpr std::int64_t kOtherDescriptors = 48;

std::int32_t FittingConnections(std::int32_t wanted) {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const auto descriptors = static_cast<std::int64_t>(
      std::min<rlim_t>(limit.rlim_cur, std::int64_t{1} << 30));
  const std::int64_t half = (descriptors - kOtherDescriptors) / 2;
  return static_cast<std::int32_t>(
      std::clamp<std::int64_t>(half, 4, wanted < 4 ? 4 : wanted));
}

}  // namespace

// Looks at the clock for all connections: one timer instead of thousands.
class Listener::Sweeper : public std::enable_shared_from_this<Sweeper> {
 public:
  Sweeper(const boost::asio::any_io_executor& io,
          std::shared_ptr<ListenerState> state)
      : state_(std::move(state)), timer_(io) {}

  void Run() {
    timer_.expires_after(kSweepInterval);
    timer_.async_wait(
        [self = shared_from_this()](const boost::system::error_code& error) {
          if (error || self->stopped_) return;
          const absl::Duration now = self->state_->clock.Uptime();
          self->state_->slots.Sweep(now);
          self->state_->body_room.Sweep(now);
          self->Run();
        });
  }
  // Takes effect with the next look.
  void Stop() { stopped_ = true; }

 private:
  const std::shared_ptr<ListenerState> state_;
  boost::asio::steady_timer timer_;
  std::atomic<bool> stopped_ = false;
};

Listener::Listener(std::shared_ptr<ListenerState> state)
    : state_(std::move(state)) {}

absl::StatusOr<std::unique_ptr<Listener>> Listener::Start(
    Options options, Router router, Environment environment, TlsContext tls) {
  options.max_connections = std::min(
      options.max_connections, FittingConnections(options.max_connections));
  const std::vector<std::string> listen = options.listen;
  const config::UnixFile unix_file = options.unix_file;
  std::unique_ptr<Listener> listener(
      new Listener(std::make_shared<ListenerState>(
          std::move(options), std::move(router), environment.clock,
          std::move(tls),
          ListenerState::Hearers{std::move(environment.on_refused),
                                 std::move(environment.on_handshake)})));
  Acceptors acceptors;
  for (const std::string& address : listen) {
    SEGRID_ASSIGN_OR_RETURN(ListenSocket socket,
                            ListenSocket::Open(address, unix_file));
    acceptors.push_back(std::make_shared<Acceptor>(
        environment.io, std::move(socket), acceptors.size(), listener->state_));
  }
  listener->sweeper_ =
      std::make_shared<Sweeper>(environment.io, listener->state_);
  listener->sweeper_->Run();
  for (const auto& acceptor : acceptors) acceptor->Start();
  absl::MutexLock lock(&listener->mu_);
  listener->acceptors_ = std::move(acceptors);
  return listener;
}

Listener::~Listener() {
  if (sweeper_ != nullptr) sweeper_->Stop();
  for (const auto& acceptor : acceptors()) acceptor->Stop([] {});
  state_->slots.CutAll();
}

std::vector<std::string> Listener::addresses() const {
  std::vector<std::string> addresses;
  for (const auto& acceptor : acceptors()) {
    addresses.push_back(acceptor->address());
  }
  return addresses;
}

int Listener::port() const {
  for (const auto& acceptor : acceptors()) {
    if (acceptor->port() != 0) return acceptor->port();
  }
  return 0;
}

bool Listener::ReplaceTls(TlsContext context) {
  const TlsContext before = state_->tls.Get();
  const bool is_other = !ShowTheSame(*before, *context);
  const bool has_other_rules = before->rules != context->rules;
  if (!has_other_rules) ShareTickets(*before, *context);
  state_->tls.Set(std::move(context));
  // First the slot, so that who shakes hands meanwhile is looked at, too.
  if (has_other_rules) state_->slots.CheckAgain();
  return is_other;
}

void Listener::ReplaceRoutes(Router router) {
  state_->router.Set(std::make_shared<const Router>(std::move(router)));
}

void Listener::KeepAddresses(const std::vector<std::string>& listen,
                             absl::Time deadline) {
  const std::vector<std::string>& all = state_->options.listen;
  Acceptors closing;
  {
    absl::MutexLock lock(&mu_);
    const auto first_to_close = std::stable_partition(
        acceptors_.begin(), acceptors_.end(), [&](const auto& acceptor) {
          return std::find(listen.begin(), listen.end(),
                           all[acceptor->entrance()]) != listen.end();
        });
    closing.assign(first_to_close, acceptors_.end());
    acceptors_.erase(first_to_close, acceptors_.end());
  }
  StopAccepting(closing, deadline);
  // Afterwards, so that no connection enters unseen.
  for (const auto& acceptor : closing) {
    state_->slots.EndSoonOf(acceptor->entrance());
  }
}

void Listener::StopAccepting(const Acceptors& acceptors, absl::Time deadline) {
  // Shared, because the deadline may come first.
  struct Left {
    absl::Mutex mu;
    std::size_t count ABSL_GUARDED_BY(mu);
  };
  const auto left = std::make_shared<Left>();
  {
    absl::MutexLock lock(&left->mu);
    left->count = acceptors.size();
  }
  for (const auto& acceptor : acceptors) {
    acceptor->Stop([left] {
      absl::MutexLock lock(&left->mu);
      --left->count;
    });
  }
  absl::MutexLock lock(&left->mu);
  const auto none = [&left]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return left->count == 0;
  };
  left->mu.AwaitWithDeadline(absl::Condition(&none), deadline);
}

bool Listener::Drain(absl::Time deadline) {
  StopAccepting(acceptors(), deadline);
  state_->slots.EndSoon();
  const bool empty = state_->slots.WaitUntilEmpty(deadline);
  if (!empty) state_->slots.CutAll();
  return empty;
}

}  // namespace segrid::httpd
