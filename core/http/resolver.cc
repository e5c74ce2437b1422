#include "core/http/resolver.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "boost/asio/ip/address.hpp"
#include "boost/asio/ip/address_v4.hpp"
#include "boost/asio/ip/address_v6.hpp"
#include "core/base/error_info.h"
#include "core/base/localhost.h"
#include "core/base/thread_name.h"

namespace segrid::http {
namespace {

using Name = std::pair<std::string, std::string>;  // Host and port.

absl::Status Failed(const char* why) {
  return base::MakeError(absl::StatusCode::kUnavailable, "CONNECT_FAILED", why);
}

boost::asio::ip::tcp::endpoint EndpointOf(const addrinfo& info) {
  boost::asio::ip::tcp::endpoint endpoint;
  endpoint.resize(info.ai_addrlen);
  const auto* bytes = reinterpret_cast<const char*>(info.ai_addr);
  std::copy(bytes, bytes + info.ai_addrlen,
            reinterpret_cast<char*>(endpoint.data()));
  return endpoint;
}

// Resolves names for which nobody needs to be asked.
std::optional<absl::StatusOr<Addresses>> Known(const Name& name) {
  const auto& [host, port_text] = name;
  namespace ip = boost::asio::ip;
  const auto port = static_cast<std::uint16_t>(std::stoul(port_text));
  boost::system::error_code no_address;
  const ip::address address = ip::make_address(host, no_address);
  if (!no_address) return Addresses{{address, port}};
  if (base::IsLocalhost(host)) {
    return Addresses{{ip::address_v4::loopback(), port},
                     {ip::address_v6::loopback(), port}};
  }
  if (base::IsInvalidName(host)) {
    return Failed("names below .invalid lead nowhere");
  }
  return std::nullopt;
}

// Blocks, for as long as the system's settings say.
absl::StatusOr<Addresses> Ask(const Name& name) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(name.first.c_str(), name.second.c_str(), &hints, &found);
  if (error != 0) return Failed(::gai_strerror(error));
  Addresses addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    addresses.push_back(EndpointOf(*info));
  }
  ::freeaddrinfo(found);
  return addresses;
}

// The state that the resolver shares with its thread, which may outlive it.
class State : public std::enable_shared_from_this<State> {
 public:
  void Add(Name name, Resolver::Done done) {
    absl::MutexLock lock(&mu_);
    if (cancelled_) return done(Failed("the client is stopping"));
    waiting_[std::move(name)].push_back(std::move(done));
    if (running_) return;
    try {
      std::thread([self = shared_from_this()] { self->Run(); }).detach();
      running_ = true;
    } catch (const std::system_error&) {
      FinishAll(Failed("the system gives no more threads"));
    }
  }

  // For an answer that is known.
  void Finish(const Resolver::Done& done, absl::StatusOr<Addresses> answer) {
    absl::MutexLock lock(&mu_);
    if (cancelled_) answer = Failed("the client is stopping");
    done(std::move(answer));
  }

  void Cancel() {
    decltype(waiting_) dropped;
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    dropped.swap(waiting_);
  }

 private:
  void Run() {
    base::NameThread("name lookup");
    absl::MutexLock lock(&mu_);
    while (!waiting_.empty()) {
      const Name name = waiting_.begin()->first;
      mu_.Unlock();
      const absl::StatusOr<Addresses> addresses = Ask(name);
      mu_.Lock();
      const auto asked = waiting_.find(name);
      if (asked == waiting_.end()) continue;
      const std::vector<Resolver::Done> done = std::move(asked->second);
      waiting_.erase(asked);
      for (const Resolver::Done& each : done) each(addresses);
    }
    running_ = false;
  }

  void FinishAll(const absl::Status& error) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    for (const auto& [name, asked] : std::exchange(waiting_, {})) {
      for (const Resolver::Done& each : asked) each(error);
    }
  }

  absl::Mutex mu_;
  std::map<Name, std::vector<Resolver::Done>> waiting_ ABSL_GUARDED_BY(mu_);
  bool running_ ABSL_GUARDED_BY(mu_) = false;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
};

class SystemResolver final : public Resolver {
 public:
  ~SystemResolver() override { Cancel(); }

  void Resolve(const std::string& host, const std::string& port,
               Done done) override {
    Name name(host, port);
    if (auto known = Known(name)) {
      state_->Finish(done, *std::move(known));
    } else {
      state_->Add(std::move(name), std::move(done));
    }
  }

  void Cancel() override { state_->Cancel(); }

 private:
  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace

std::unique_ptr<Resolver> MakeSystemResolver() {
  return std::make_unique<SystemResolver>();
}

}  // namespace segrid::http
