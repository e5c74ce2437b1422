#include "server/rpc/tail_tracks.h"

#include <string>
#include <utility>

#include "core/base/error_info.h"
#include "server/rpc/error_status.h"

namespace segrid::rpc {
namespace {

namespace api = ::segrid::v1;

constexpr absl::Duration kInterval = absl::Milliseconds(100);
constexpr std::size_t kTracksPerAnswer = 100;

bool IsSource(const config::Config& config, const std::string& name) {
  for (const config::Source& source : config.sources) {
    if (source.name == name) return true;
  }
  return false;
}

absl::Status TooManyTails() {
  absl::Status status =
      base::MakeError(absl::StatusCode::kResourceExhausted, "TOO_MANY_TAILS",
                      "8 tails are open, which is the most; end one of them");
  base::SetRetryDelay(status, absl::Seconds(1));
  return status;
}

}  // namespace

absl::StatusOr<TailOptions> ReadTailRequest(
    const api::TailTracksRequest& request, const config::Config& config) {
  TailOptions options;
  for (const std::string& source : request.sources()) {
    if (!IsSource(config, source)) {
      return base::MakeError(
          absl::StatusCode::kNotFound, "UNKNOWN_SOURCE",
          "sources: the configuration has no source '" + source + "'");
    }
    options.sources.push_back(source);
  }
  if (request.sample_ratio() != 0) {
    options.sample_ratio = request.sample_ratio();
  }
  // Also false for what is no number.
  if (!(options.sample_ratio > 0 && options.sample_ratio <= 1)) {
    return base::MakeFieldError("BAD_SAMPLE", "sample_ratio",
                                "must be above 0 and at most 1");
  }
  return options;
}

void TailTracks::Start(absl::StatusOr<TailOptions> options) {
  self_ = shared_from_this();
  if (!options.ok()) return End(ToGrpcStatus(options.status()));
  tail_ = environment_.tails.Begin(*std::move(options));
  if (tail_ == nullptr) return End(ToGrpcStatus(TooManyTails()));
  if (!environment_.admission.Enter(self_)) return EndForDrain();
  // The first answer, without Tracks, says that the tail has begun.
  Look();
}

void TailTracks::End(grpc::Status status) {
  std::unique_ptr<pool::Timer> timer;  // Destroyed outside the lock.
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  finished_ = true;
  timer = std::move(timer_);
  Finish(std::move(status));
}

void TailTracks::EndForDrain() { End(ToGrpcStatus(DrainingError())); }

void TailTracks::OnCancel() { End(grpc::Status::CANCELLED); }

void TailTracks::OnDone() {
  if (tail_ != nullptr) environment_.tails.End(tail_);
  environment_.admission.Leave(self_);
  self_.reset();  // May delete this.
}

void TailTracks::OnWriteDone(bool ok) {
  if (!ok) return End(grpc::Status::CANCELLED);
  LookLater();
}

void TailTracks::LookLater() {
  absl::MutexLock lock(&mu_);
  if (finished_) return;
  timer_ = environment_.executor.After(
      kInterval, [self = shared_from_this()] { self->Look(); });
}

void TailTracks::Look() {
  const TailView view = tail_->Take(kTracksPerAnswer);
  const bool is_news = view.seen != response_.seen_count() ||
                       view.dropped != response_.dropped_count();
  if (!is_news && view.tracks.empty() && has_answered_) return LookLater();
  has_answered_ = true;
  response_.Clear();
  response_.set_seen_count(view.seen);
  response_.set_dropped_count(view.dropped);
  for (const PassedTrack& track : view.tracks) {
    api::TailedTrack& out = *response_.add_tracks();
    out.set_source(track.source);
    const std::int64_t nanos = absl::ToUnixNanos(track.time);
    out.mutable_pass_time()->set_seconds(nanos / 1'000'000'000);
    out.mutable_pass_time()->set_nanos(
        static_cast<std::int32_t>(nanos % 1'000'000'000));
    *out.mutable_track() = redactor_.Redact(track.json);
  }
  absl::MutexLock lock(&mu_);
  if (!finished_) StartWrite(&response_);
}

}  // namespace segrid::rpc
