#include "server/rpc/accept_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <string>
#include <utility>

#include "absl/time/time.h"
#include "core/base/clock.h"
#include "core/base/thread_name.h"

namespace segrid::rpc {
namespace {

// Between two looks which connections are still open.
constexpr int kSweepMilliseconds = 1'000;
// Between two looks which handshakes are done, while there are any.
constexpr int kLookMilliseconds = 20;
// After accept() failed for want of descriptors or memory. The socket stays
// readable, so without it the loop would spin.
constexpr int kPauseMilliseconds = 100;
// From one socket, before the others get their turn.
constexpr int kMaxAtOnce = 64;

bool IsWant(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS ||
         error == ENOMEM;
}

}  // namespace

AcceptLoop::AcceptLoop(std::vector<httpd::ListenSocket> sockets,
                       const Options& options, HandOver hand_over,
                       AcceptCounts& counts, TakenBytes* taken)
    : hand_over_(std::move(hand_over)),
      on_tls_client_(options.on_tls_client),
      events_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      sockets_(std::make_move_iterator(sockets.begin()),
               std::make_move_iterator(sockets.end())),
      connections_(options.connections),
      handshakes_(options.handshakes.has_value()
                      ? std::optional<Handshakes>(*options.handshakes)
                      : std::nullopt),
      floods_(options.floods, taken),
      counts_(counts),
      thread_([this] { Run(); }) {}

AcceptLoop::~AcceptLoop() {
  {
    absl::MutexLock lock(&mu_);
    ended_ = true;
  }
  WakeUp();
  thread_.join();
  ::close(events_);
}

void AcceptLoop::WakeUp() const {
  const std::uint64_t one = 1;
  while (::write(events_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
}

void AcceptLoop::Close(std::vector<std::size_t> places, absl::Duration grace) {
  const auto closing = std::make_shared<Closing>();
  closing->places = std::move(places);
  closing->grace = grace;
  {
    absl::MutexLock lock(&mu_);
    closing_ = closing;
  }
  WakeUp();
  closing->done.WaitForNotification();
}

void AcceptLoop::CloseSockets() {
  std::shared_ptr<Closing> closing;
  {
    absl::MutexLock lock(&mu_);
    closing.swap(closing_);
  }
  if (closing == nullptr) return;
  leaving_.EndAll();
  for (const std::size_t place : closing->places) {
    std::optional<httpd::ListenSocket>& socket = sockets_.at(place);
    if (!socket.has_value()) continue;
    for (const int connection : connections_.Of(socket->fd())) {
      leaving_.Add(connection, base::SystemClock().Uptime() + closing->grace);
    }
    socket.reset();
  }
  closing->done.Notify();
}

std::vector<pollfd> AcceptLoop::Files() const {
  std::vector<pollfd> files = {{events_, POLLIN, 0}};
  for (const auto& socket : sockets_) {
    if (socket.has_value()) files.push_back({socket->fd(), POLLIN, 0});
  }
  return files;
}

void AcceptLoop::Run() {
  base::NameThread("grpc accept");
  std::vector<pollfd> files = Files();
  std::size_t sockets = files.size();
  bool in_want = false;
  absl::Duration swept = absl::ZeroDuration();
  for (;;) {
    files.resize(sockets);
    if (!in_want) first_bytes_.AddTo(files);
    const int ready = ::poll(files.data(), in_want ? 1 : files.size(),
                             WaitMilliseconds(in_want));
    if (ready > 0 && files[0].revents != 0) {
      std::uint64_t count = 0;
      if (::read(events_, &count, sizeof(count)) > 0) CloseSockets();
      absl::MutexLock lock(&mu_);
      if (ended_) return CloseWaiting();
      files = Files();
      sockets = files.size();
      continue;
    }
    const absl::Duration now = base::SystemClock().Uptime();
    if (now - swept >= absl::Milliseconds(kSweepMilliseconds) && !in_want) {
      connections_.Sweep();
      swept = now;
    }
    if (handshakes_.has_value()) handshakes_->Look(now);
    counts_.floods_ended += floods_.Look(now);
    leaving_.Look(now);
    for (const auto& connection : first_bytes_.Take(now)) Serve(connection);
    if (ready > 0) {
      for (std::size_t i = 1; i < sockets; ++i) {
        if (files[i].revents != 0) in_want |= !AcceptAll(files[i].fd);
      }
    } else {
      in_want = false;
    }
    counts_.open = connections_.count();
  }
}

int AcceptLoop::WaitMilliseconds(bool in_want) const {
  if (in_want) return kPauseMilliseconds;
  if (!leaving_.empty() || !first_bytes_.empty() ||
      (handshakes_.has_value() && handshakes_->count() > 0)) {
    return kLookMilliseconds;
  }
  return static_cast<int>(absl::ToInt64Milliseconds(
      std::min(floods_.interval(), absl::Milliseconds(kSweepMilliseconds))));
}

bool AcceptLoop::AcceptAll(int listener) {
  for (int i = 0; i < kMaxAtOnce; ++i) {
    const int connection =
        ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (connection >= 0) {
      Take(listener, connection);
    } else if (IsWant(errno)) {
      ++counts_.failures;
      return false;
    } else if (errno == EAGAIN) {
      return true;
    }
    // Else the connection was gone before it was taken.
  }
  return true;
}

void AcceptLoop::Take(int listener, int connection) {
  if (!connections_.Add(connection, listener)) {
    ++counts_.refused;
    ::close(connection);
    return;
  }
  if (const std::string peer = PeerOf(connection);
      handshakes_.has_value() && !peer.empty() &&
      handshakes_->Add(connection, peer, base::SystemClock().Uptime())) {
    ++counts_.handshakes_ended;
  }
  const int on = 1;
  // No use, and no harm, on a Unix socket.
  ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  FirstBytes::Connection taken{.listener = listener,
                               .descriptor = connection,
                               .speaks_tls = false,
                               .since = base::SystemClock().Uptime()};
  if (on_tls_client_ && first_bytes_.Add(taken)) return;
  Serve(taken);
}

void AcceptLoop::Serve(const FirstBytes::Connection& connection) {
  if (connection.speaks_tls) on_tls_client_();
  floods_.Add(connection.descriptor);
  if (hand_over_(connection.listener, connection.descriptor)) {
    ++counts_.accepted;
  } else {
    ++counts_.refused;
    ::close(connection.descriptor);
  }
}

void AcceptLoop::CloseWaiting() {
  for (const auto& connection : first_bytes_.TakeAll()) {
    ::close(connection.descriptor);
  }
}

}  // namespace segrid::rpc
