#include "server/jwt/key_fetcher.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "core/base/clock.h"
#include "gtest/gtest.h"
#include "server/http/listener.h"
#include "tests/server/jwt/token_maker.h"

namespace segrid::jwt {
namespace {

using segrid::testing::TokenKey;

// An issuer's server, whose answer the test sets.
class Issuer {
 public:
  Issuer() {
    httpd::Router router;
    router.Add(httpd::GetRoute("/keys", [this](const httpd::Request&) {
      absl::MutexLock lock(&mu_);
      ++asked_;
      return answer_;
    }));
    httpd::Options options;
    options.listen = {"127.0.0.1:0"};
    listener_ = *httpd::Listener::Start(options, std::move(router),
                                        {pool_->io(), clock_});
  }
  ~Issuer() { pool_->Stop(); }

  void Answer(int status, std::string body) {
    absl::MutexLock lock(&mu_);
    answer_.status = status;
    answer_.body = std::move(body);
  }
  // False after 10 s.
  bool WaitForAsked(int times) {
    absl::MutexLock lock(&mu_);
    const auto enough = [&]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
      return asked_ >= times;
    };
    return mu_.AwaitWithTimeout(absl::Condition(&enough), absl::Seconds(10));
  }
  std::string url() const {
    return absl::StrCat("http://127.0.0.1:", listener_->port(), "/keys");
  }
  base::Clock& clock() { return clock_; }

 private:
  base::SystemClock clock_;
  std::unique_ptr<pool::ThreadPool> pool_ = *pool::ThreadPool::Create(1);
  absl::Mutex mu_;
  httpd::Answer answer_ ABSL_GUARDED_BY(mu_);
  int asked_ ABSL_GUARDED_BY(mu_) = 0;
  std::unique_ptr<httpd::Listener> listener_;
};

std::shared_ptr<const KeySet> WaitForOther(
    const FetchedKeys& keys, const std::shared_ptr<const KeySet>& than) {
  absl::Notification never;
  for (int i = 0; i < 1'000; ++i) {
    if (auto now = keys.Get(); now != than) return now;
    never.WaitForNotificationWithTimeout(absl::Milliseconds(10));
  }
  return nullptr;
}

std::string SetOf(const TokenKey& key) {
  return absl::StrCat(R"({"keys":[)", key.Jwk(R"(,"kid":"a")"), "]}");
}

TEST(KeyFetcher, TakesNewKeysInEachInterval) {
  Issuer issuer;
  const TokenKey first(TokenKey::Kind::kP256), second(TokenKey::Kind::kP256);
  issuer.Answer(200, SetOf(first));
  const auto fetcher = KeyFetcher::Start(
      issuer.url(), absl::Milliseconds(20), issuer.clock(),
      [](const absl::Status& status) { ADD_FAILURE() << status; });
  ASSERT_TRUE(fetcher.ok()) << fetcher.status();
  const auto before = WaitForOther(*(*fetcher)->keys(), nullptr);
  ASSERT_NE(before, nullptr);
  const std::string header = R"({"alg":"ES256","kid":"a"})";
  EXPECT_EQ(before->Verify(first.Sign(header, "{}"), Algorithm::kEs256, "a"),
            KeyMatch::kSigned);
  issuer.Answer(200, SetOf(second));
  KeyMatch match = KeyMatch::kNotSigned;
  auto keys = before;
  for (int i = 0; i < 100 && match != KeyMatch::kSigned; ++i) {
    keys = WaitForOther(*(*fetcher)->keys(), keys);
    ASSERT_NE(keys, nullptr);
    match = keys->Verify(second.Sign(header, "{}"), Algorithm::kEs256, "a");
  }
  EXPECT_EQ(match, KeyMatch::kSigned);
  EXPECT_EQ(keys->Verify(first.Sign(header, "{}"), Algorithm::kEs256, "a"),
            KeyMatch::kNotSigned);
}

TEST(KeyFetcher, KeepsTheKeysWhileTheIssuerFails) {
  Issuer issuer;
  const TokenKey key(TokenKey::Kind::kP256);
  issuer.Answer(200, SetOf(key));
  absl::Mutex mu;
  int failures = 0;
  const auto fetcher =
      KeyFetcher::Start(issuer.url(), absl::Milliseconds(5), issuer.clock(),
                        [&](const absl::Status&) {
                          absl::MutexLock lock(&mu);
                          ++failures;
                        });
  ASSERT_TRUE(fetcher.ok()) << fetcher.status();
  ASSERT_NE(WaitForOther(*(*fetcher)->keys(), nullptr), nullptr);
  for (const auto& [status, body] :
       {std::pair<int, std::string>{500, ""},
        {200, "<html>"},
        {404, "{}"},
        {302, SetOf(TokenKey(TokenKey::Kind::kP256))},
        {200,
         absl::StrCat(R"({"pad":")", std::string(2 << 20, 'x'), "\",",
                      SetOf(TokenKey(TokenKey::Kind::kP256)).substr(1))}}) {
    issuer.Answer(status, body);
    absl::MutexLock lock(&mu);
    const int before = failures;
    const auto more = [&] { return failures > before + 1; };
    EXPECT_TRUE(mu.AwaitWithTimeout(absl::Condition(&more), absl::Seconds(10)));
  }
  // The first set was fetched again and again until the issuer failed.
  const auto kept = (*fetcher)->keys()->Get();
  ASSERT_NE(kept, nullptr);
  EXPECT_EQ(kept->Verify(key.Sign(R"({"alg":"ES256"})", "{}"),
                         Algorithm::kEs256, std::nullopt),
            KeyMatch::kSigned);
}

TEST(KeyFetcher, FetchesSoonWhenAKeyIsWanted) {
  Issuer issuer;
  issuer.Answer(500, "");
  const auto fetcher = KeyFetcher::Start(
      issuer.url(), absl::Hours(1), issuer.clock(), [](const absl::Status&) {});
  ASSERT_TRUE(fetcher.ok()) << fetcher.status();
  EXPECT_TRUE(issuer.WaitForAsked(1));
  EXPECT_TRUE((*fetcher)->keys()->WantFresh()) << "none was ever fetched";
}

}  // namespace
}  // namespace segrid::jwt
