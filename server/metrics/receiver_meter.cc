#include "server/metrics/receiver_meter.h"

#include <array>
#include <string_view>

namespace segrid::metrics {
namespace {

using receivers::SendResult;
using receivers::Verdict;

constexpr std::array<std::string_view, 6> kVerdicts = {
    "delivered", "retry", "wait", "split", "misconfigured", "too_large"};

// "503" of "HTTP 503: …".
std::string CodeOf(const SendResult& result) {
  if (result.verdict == Verdict::kDelivered) return "2xx";
  constexpr std::string_view kStart = "HTTP ";
  const std::string_view text = result.detail;
  if (text.substr(0, kStart.size()) != kStart) return "error";
  const std::string_view code = text.substr(kStart.size(), 3);
  const bool is_code =
      code.size() == 3 && code.find_first_not_of("0123456789") == code.npos;
  return is_code ? std::string(code) : "error";
}

class MeteredReceiver final : public receivers::Receiver {
 public:
  MeteredReceiver(std::unique_ptr<receivers::Receiver> receiver,
                  std::shared_ptr<DeliveryFigures> figures, base::Clock& clock)
      : receiver_(std::move(receiver)),
        figures_(std::move(figures)),
        clock_(clock) {}

  void Send(receivers::Batch batch, Done done) override {
    const bool again = batch.retry_count > 0;
    receiver_->Send(
        std::move(batch),
        [figures = figures_, &clock = clock_, start = clock_.Uptime(), again,
         done = std::move(done)](SendResult result) {
          figures->OnSent(result, clock.Uptime() - start, again);
          done(std::move(result));
        });
  }
  void Stop() override { receiver_->Stop(); }
  receivers::Limits limits() const override { return receiver_->limits(); }
  std::string endpoint() const override { return receiver_->endpoint(); }

 private:
  const std::unique_ptr<receivers::Receiver> receiver_;
  const std::shared_ptr<DeliveryFigures> figures_;
  base::Clock& clock_;
};

}  // namespace

void DeliveryFigures::OnSent(const SendResult& result, absl::Duration took,
                             bool again) {
  request_.Observe(took);
  if (again) retried_.fetch_add(1, std::memory_order_relaxed);
  Answer answer(kVerdicts[static_cast<std::size_t>(result.verdict)],
                CodeOf(result));
  absl::MutexLock lock(&mu_);
  ++answers_[std::move(answer)];
  for (const receivers::ChangedValues& changed : result.changed_values) {
    changed_values_[std::string(changed.reason)] += changed.count;
  }
}

void DeliveryFigures::AddTo(Exposition& out) const {
  out.Add(Row("segrid_delivery_retried_total"),
          static_cast<double>(retried_.load(std::memory_order_relaxed)),
          {source_});
  out.Add(Row("segrid_delivery_request_seconds"), request_.Figures(),
          {source_});
  out.Add(Row("segrid_delivery_latency_seconds"), latency_->Figures(),
          {source_});
  absl::MutexLock lock(&mu_);
  for (const auto& [answer, count] : answers_) {
    out.Add(Row("segrid_delivery_answers_total"), static_cast<double>(count),
            {source_, answer.first, answer.second});
  }
  for (const auto& [reason, count] : changed_values_) {
    out.Add(Row("segrid_delivery_changed_values_total"),
            static_cast<double>(count), {source_, reason});
  }
}

std::unique_ptr<receivers::Receiver> Metered(
    std::unique_ptr<receivers::Receiver> receiver,
    std::shared_ptr<DeliveryFigures> figures, base::Clock& clock) {
  return std::make_unique<MeteredReceiver>(std::move(receiver),
                                           std::move(figures), clock);
}

}  // namespace segrid::metrics
