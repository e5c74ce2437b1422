// gRPC calls, as they begin and end.

#pragma once

#include <grpcpp/support/server_interceptor.h>
#include <grpcpp/support/status.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/metrics/histogram.h"
#include "server/metrics/exposition.h"

namespace segrid::metrics {

// Counts the calls of a gRPC server, whose interceptors it makes. There are as
// many figures as registered methods, and one for all others: a name that an
// untrusted peer sends is no label.
//
// Ownership:     must outlive the server.
// Thread safety: every method may be called from any thread at any time.
// Blocking:      never.
class CallMeter {
 public:
  static constexpr std::size_t kCodeCount = 17;

  struct MethodFigures {
    std::string_view
        type{};  // unary, client_stream, server_stream, bidi_stream
    bool is_observed = false;
    std::atomic<std::int64_t> started{0};
    std::array<std::atomic<std::int64_t>, kCodeCount> handled{};
    Histogram seconds{};
  };

  // For ServerBuilder::experimental().SetInterceptorCreators. `methods` are the
  // registered ones, as `/package.Service/Method`.
  std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
  MakeFactory(std::set<std::string, std::less<>> methods);

  // Of a unary method that is not watched by interceptors but tells each answer
  // itself: they cost 1 µs of a call that may take 15. Ask before MakeFactory.
  std::function<void(const grpc::Status&, absl::Duration)> MakeObserver(
      std::string_view method);

  // Hears of each call that ends with an error. Before MakeFactory.
  void SetOnError(std::function<void(const grpc::Status&)> on_error) {
    on_error_ = std::move(on_error);
  }
  void OnAnswered(const grpc::Status& status) const {
    if (!status.ok() && on_error_) on_error_(status);
  }

  void AddTo(Exposition& out) const;

  // Those of `/package.Service/Method`; made when they are first asked for.
  MethodFigures& FiguresOf(std::string_view method, std::string_view type);

 private:
  std::function<void(const grpc::Status&)> on_error_;
  mutable absl::Mutex mu_;
  std::map<std::string, std::unique_ptr<MethodFigures>, std::less<>> methods_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace segrid::metrics
