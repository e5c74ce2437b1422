#include "server/metrics/call_meter.h"

#include <utility>

#include "absl/time/clock.h"

namespace segrid::metrics {
namespace {

using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::InterceptorBatchMethods;
using grpc::experimental::ServerRpcInfo;

constexpr std::array<std::string_view, CallMeter::kCodeCount> kCodes = {
    "OK",
    "Canceled",
    "Unknown",
    "InvalidArgument",
    "DeadlineExceeded",
    "NotFound",
    "AlreadyExists",
    "PermissionDenied",
    "ResourceExhausted",
    "FailedPrecondition",
    "Aborted",
    "OutOfRange",
    "Unimplemented",
    "Internal",
    "Unavailable",
    "DataLoss",
    "Unauthenticated"};
constexpr std::size_t kCanceled = 1;

std::string_view NameOf(ServerRpcInfo::Type type) {
  switch (type) {
    case ServerRpcInfo::Type::CLIENT_STREAMING:
      return "client_stream";
    case ServerRpcInfo::Type::SERVER_STREAMING:
      return "server_stream";
    case ServerRpcInfo::Type::BIDI_STREAMING:
      return "bidi_stream";
    default:
      return "unary";
  }
}

std::size_t IndexOf(grpc::StatusCode status) {
  const auto code = static_cast<std::size_t>(status);
  return code < CallMeter::kCodeCount ? code : 2;
}

// One call.
class CallInterceptor final : public grpc::experimental::Interceptor {
 public:
  CallInterceptor(const CallMeter& meter, CallMeter::MethodFigures& figures)
      : meter_(meter),
        figures_(figures),
        start_nanos_(absl::GetCurrentTimeNanos()) {
    figures_.started.fetch_add(1, std::memory_order_relaxed);
  }
  ~CallInterceptor() override {
    figures_.handled[code_].fetch_add(1, std::memory_order_relaxed);
    figures_.seconds.Observe(
        absl::Nanoseconds(absl::GetCurrentTimeNanos() - start_nanos_));
  }

  void Intercept(InterceptorBatchMethods* methods) override {
    if (methods->QueryInterceptionHookPoint(
            InterceptionHookPoints::PRE_SEND_STATUS)) {
      const grpc::Status status = methods->GetSendStatus();
      code_ = IndexOf(status.error_code());
      meter_.OnAnswered(status);
    }
    methods->Proceed();
  }

 private:
  const CallMeter& meter_;
  CallMeter::MethodFigures& figures_;
  const std::int64_t start_nanos_;
  std::size_t code_ = kCanceled;  // Until a status was sent.
};

class Factory final
    : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  Factory(CallMeter& meter, std::set<std::string, std::less<>> methods)
      : meter_(meter), methods_(std::move(methods)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      ServerRpcInfo* info) override {
    const bool is_known = methods_.contains(std::string_view(info->method()));
    CallMeter::MethodFigures& figures =
        is_known ? meter_.FiguresOf(info->method(), NameOf(info->type()))
                 : meter_.FiguresOf("/unknown/unknown", "unary");
    return figures.is_observed ? nullptr : new CallInterceptor(meter_, figures);
  }

 private:
  CallMeter& meter_;
  const std::set<std::string, std::less<>> methods_;
};

}  // namespace

std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>
CallMeter::MakeFactory(std::set<std::string, std::less<>> methods) {
  return std::make_unique<Factory>(*this, std::move(methods));
}

std::function<void(const grpc::Status&, absl::Duration)>
CallMeter::MakeObserver(std::string_view method) {
  MethodFigures& figures = FiguresOf(method, "unary");
  figures.is_observed = true;
  return [this, &figures](const grpc::Status& status, absl::Duration time) {
    figures.started.fetch_add(1, std::memory_order_relaxed);
    figures.handled[IndexOf(status.error_code())].fetch_add(
        1, std::memory_order_relaxed);
    figures.seconds.Observe(time);
    OnAnswered(status);
  };
}

CallMeter::MethodFigures& CallMeter::FiguresOf(std::string_view method,
                                               std::string_view type) {
  {
    absl::ReaderMutexLock lock(&mu_);
    const auto found = methods_.find(method);
    if (found != methods_.end()) return *found->second;
  }
  absl::MutexLock lock(&mu_);
  auto& figures = methods_[std::string(method)];
  if (figures == nullptr) {
    figures = std::make_unique<MethodFigures>();
    figures->type = type;
  }
  return *figures;
}

void CallMeter::AddTo(Exposition& out) const {
  absl::ReaderMutexLock lock(&mu_);
  for (const auto& [path, figures] : methods_) {
    const std::size_t slash = path.rfind('/');
    const std::string_view method = std::string_view(path).substr(slash + 1);
    const std::string_view service =
        std::string_view(path).substr(1, slash > 0 ? slash - 1 : 0);
    out.Add(Row("grpc_server_started_total"),
            static_cast<double>(figures->started.load()),
            {figures->type, service, method});
    out.Add(Row("grpc_server_handling_seconds"), figures->seconds.Figures(),
            {figures->type, service, method});
    for (std::size_t i = 0; i < kCodeCount; ++i) {
      const std::int64_t count = figures->handled[i].load();
      if (count == 0 && i > 0) continue;
      out.Add(Row("grpc_server_handled_total"), static_cast<double>(count),
              {figures->type, service, method, kCodes[i]});
    }
  }
}

}  // namespace segrid::metrics
