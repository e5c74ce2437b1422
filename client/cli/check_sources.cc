// The checks of the sources, as far as one comes without sending.

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "boost/asio/post.hpp"
#include "client/cli/checks.h"
#include "client/cli/safe_text.h"
#include "core/base/clock.h"
#include "core/config/environment.h"
#include "core/config/write_key.h"
#include "core/http/connection.h"
#include "core/http/endpoint.h"
#include "core/http/proxy_choice.h"
#include "core/http/resolver.h"
#include "core/pool/thread_pool.h"
#include "core/receivers/factory/make_receiver.h"
#include "core/receivers/segment/write_key_check.h"
#include "core/tls/client_context.h"

namespace segrid::cli {
namespace {

using receivers::segment::WriteKeyAnswer;
using receivers::segment::WriteKeyCheck;

// What an asynchronous step said, within a time.
class Waiter {
 public:
  void Set(absl::Status status) {
    absl::MutexLock lock(&mu_);
    if (!status_.has_value()) status_ = std::move(status);
  }
  absl::Status Wait(absl::Duration timeout) {
    absl::MutexLock lock(&mu_);
    const auto is_set = [this] { return status_.has_value(); };
    if (!mu_.AwaitWithTimeout(absl::Condition(&is_set), timeout)) {
      return absl::DeadlineExceededError(
          absl::StrCat("no answer within ", absl::FormatDuration(timeout)));
    }
    return *status_;
  }

 private:
  absl::Mutex mu_;
  std::optional<absl::Status> status_;
};

// The name of the host that is called first.
Check CheckName(const http::Endpoint& to, absl::Duration timeout) {
  const auto waiter = std::make_shared<Waiter>();
  const auto count = std::make_shared<std::atomic<std::size_t>>(0);
  const auto resolver = http::MakeSystemResolver();
  resolver->Resolve(
      to.host, to.port,
      [waiter, count](const absl::StatusOr<http::Addresses>& found) {
        if (found.ok()) *count = found->size();
        waiter->Set(found.status());
      });
  const absl::Status status = waiter->Wait(timeout);
  resolver->Cancel();
  if (!status.ok()) {
    return {"dns", to.host, Verdict::kFailed, std::string(status.message())};
  }
  return {"dns", to.host, Verdict::kOk,
          Counted(static_cast<std::int64_t>(count->load()), "address",
                  "addresses")};
}

// Connects as the receiver would: name, TCP, proxy, TLS. Sends no request.
absl::Status Connect(http::Route route, absl::Duration timeout) {
  auto pool = pool::ThreadPool::Create(1);
  if (!pool.ok()) return pool.status();
  const std::shared_ptr<http::Resolver> resolver = http::MakeSystemResolver();
  const auto waiter = std::make_shared<Waiter>();
  auto connection = std::make_shared<http::Connection>(
      (*pool)->io(), std::move(route), http::ReadLimits());
  connection->Open(*resolver, 0, [waiter](const absl::Status& status) {
    waiter->Set(status);
  });
  const absl::Status status = waiter->Wait(timeout);
  boost::asio::post(connection->strand(),
                    [connection] { connection->Close(); });
  connection.reset();
  resolver->Cancel();
  (*pool)->Stop();
  return status;
}

Check CheckConnection(const config::Source& source, http::Endpoint endpoint,
                      const http::ChosenProxy& proxy, absl::Duration timeout) {
  Check check{endpoint.tls ? "tls" : "tcp", endpoint.authority(), Verdict::kOk,
              endpoint.tls ? "handshake done, certificate trusted"
                           : "connected; plain http"};
  http::Route route{.endpoint = std::move(endpoint)};
  const auto fail = [&check](const absl::Status& why) {
    check.verdict = Verdict::kFailed;
    check.detail = std::string(why.message());
    return check;
  };
  if (route.endpoint.tls) {
    auto context = tls::MakeClientContext({.ca_file = source.ca_file,
                                           .cert_file = source.client_cert,
                                           .key_file = source.client_key});
    if (!context.ok()) return fail(context.status());
    route.tls = *std::move(context);
  }
  if (proxy.proxy.has_value()) {
    route.proxy = proxy.proxy;
    route.proxy_auth = proxy.auth;
    check.detail += ", through the proxy";
  }
  const absl::Status status = Connect(std::move(route), timeout);
  return status.ok() ? check : fail(status);
}

// The whole URL, and the way there.
Check CheckWay(const config::Source& source, const receivers::Way& way) {
  Check check{"posts to", source.name, Verdict::kOk, way.url};
  if (!way.variable.empty()) {
    check.detail += ", through the proxy of the environment's " + way.variable;
  }
  if (way.in_the_clear) {
    check.verdict = Verdict::kWarning;
    check.detail += ", in the clear: keys and addresses can be read on the way";
  }
  return check;
}

// Asks Segment about write keys while the other checks run.
class KeyQuestions {
 public:
  explicit KeyQuestions(absl::Duration timeout)
      : deadline_(absl::Now() + std::min(timeout, kPatience)) {}
  ~KeyQuestions() {
    if (pool_ != nullptr) pool_->Stop();
  }
  KeyQuestions(const KeyQuestions&) = delete;
  KeyQuestions& operator=(const KeyQuestions&) = delete;

  // About the key of `source`, which the check number `place` is about.
  void Ask(const config::Source& source, std::size_t place) {
    // Whoever has an endpoint of his own decides which keys are good.
    const bool is_segments =
        source.endpoint.empty() || !source.settings_endpoint.empty();
    if (source.receiver != "segment" || !is_segments) return;
    if (pool_ == nullptr) {
      auto pool = pool::ThreadPool::Create(1);
      if (!pool.ok()) return;
      pool_ = *std::move(pool);
    }
    auto check =
        WriteKeyCheck::Create({.write_key = source.write_key,
                               .endpoint = source.settings_endpoint,
                               .allow_http = source.allow_http,
                               .tls = {.ca_file = source.ca_file},
                               .proxy = {.proxy = source.proxy,
                                         .proxy_auth = source.proxy_auth,
                                         .variable = variable_},
                               .timeout = kPatience},
                              pool_->io(), clock_);
    if (!check.ok()) return;
    const auto question = std::make_shared<Question>(place);
    (*check)->Ask([question](WriteKeyAnswer answer) {
      question->answer = answer;
      question->answered.Notify();
    });
    checks_.push_back(*std::move(check));
    questions_.push_back(question);
  }

  // Waits for the answers, not beyond the deadline, and notes them.
  void Note(Checks& checks) const {
    for (const auto& question : questions_) {
      question->answered.WaitForNotificationWithTimeout(deadline_ -
                                                        absl::Now());
      if (!question->answered.HasBeenNotified()) continue;
      Check& check = checks[question->place];
      if (question->answer == WriteKeyAnswer::kKnown) {
        check.detail = "well-formed, and Segment knows it";
      } else if (question->answer == WriteKeyAnswer::kUnknown) {
        check.verdict = Verdict::kWarning;
        check.detail =
            "Segment does not know it, so it may take events and lose them; "
            "compare it with the source's settings in Segment, and look into "
            "its Debugger; a new source is known after a while";
      }
    }
  }

 private:
  struct Question {
    explicit Question(std::size_t place_in) : place(place_in) {}
    const std::size_t place;
    WriteKeyAnswer answer = WriteKeyAnswer::kNoAnswer;
    absl::Notification answered;
  };
  // An answer that does not come shall not hold anybody up.
  static constexpr absl::Duration kPatience = absl::Seconds(2);

  const absl::Time deadline_;
  base::SystemClock clock_;
  const http::Variables variable_ = config::ProcessEnvironment().variable;
  std::unique_ptr<pool::ThreadPool> pool_;
  std::vector<std::unique_ptr<WriteKeyCheck>> checks_;
  std::vector<std::shared_ptr<Question>> questions_;
};

// `http` has no write key.
void CheckKey(const config::Source& source, KeyQuestions& questions,
              Checks& checks) {
  if (source.receiver == "http") return;
  const std::string_view wrong =
      config::CheckWriteKey(source.write_key.Reveal(), source.receiver);
  checks.push_back({"write key", source.name,
                    wrong.empty() ? Verdict::kOk : Verdict::kFailed,
                    wrong.empty()
                        ? "well-formed; whether it is a good one, only events "
                          "show, in Segment's Debugger"
                        : std::string(wrong)});
  if (wrong.empty()) questions.Ask(source, checks.size() - 1);
}

// Connects and looks; what is missing, the server makes itself unless it may
// not.
void CheckWarehouse(const config::Source& source, const std::string& data_dir,
                    Checks& checks) {
  const auto add = [&](Verdict verdict, const std::string& detail) {
    checks.push_back({"warehouse", source.name, verdict, detail});
  };
  const auto problems = receivers::FindWarehouseProblems(source, data_dir);
  for (const receivers::WarehouseProblem& problem : problems) {
    add(problem.is_mended ? Verdict::kWarning : Verdict::kFailed,
        problem.is_mended ? "the server makes it: " + problem.text
                          : problem.text);
  }
  if (problems.empty()) add(Verdict::kOk, "nothing is missing");
}

// What the checks of a source need besides it.
struct SourceChecks {
  const std::string& data_dir;
  absl::Duration timeout;
  KeyQuestions& questions;
};

void CheckSource(const config::Source& source, const SourceChecks& with,
                 Checks& checks) {
  if (source.receiver == "file") {
    checks.push_back({"source", source.name, Verdict::kOk,
                      "to the file " + source.path + " in data_dir"});
    return;
  }
  if (source.receiver == "warehouse") {
    CheckWarehouse(source, with.data_dir, checks);
    return;
  }
  CheckKey(source, with.questions, checks);
  const http::Variables variable = config::ProcessEnvironment().variable;
  const auto way = receivers::WayOf(source, variable);
  const auto endpoint = way.ok()
                            ? http::ParseEndpoint(way->url, source.allow_http)
                            : absl::StatusOr<http::Endpoint>(way.status());
  if (!endpoint.ok()) {
    checks.push_back({"endpoint", source.name, Verdict::kFailed,
                      std::string(endpoint.status().message())});
    return;
  }
  checks.push_back(CheckWay(source, *way));
  const http::ChosenProxy proxy =
      http::ChooseProxy(*endpoint, {.proxy = source.proxy,
                                    .proxy_auth = source.proxy_auth,
                                    .variable = variable})
          .value_or(http::ChosenProxy());
  checks.push_back(CheckName(proxy.proxy.value_or(*endpoint), with.timeout));
  if (checks.back().verdict == Verdict::kFailed) return;
  checks.push_back(CheckConnection(source, *endpoint, proxy, with.timeout));
}

}  // namespace

void CheckSources(const config::Config& config, absl::Duration timeout,
                  Checks& checks) {
  KeyQuestions questions(timeout);
  for (const config::Source& source : config.sources) {
    CheckSource(source, {config.data_dir, timeout, questions}, checks);
  }
  questions.Note(checks);
}

}  // namespace segrid::cli
