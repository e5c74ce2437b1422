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

TailTracks::TailTracks(const AdminEnvironment& environment,
                       grpc::CallbackServerContext& context,
                       const TailRedactor& redactor)
    : RepeatedAnswer(environment, context, kInterval), redactor_(redactor) {}

void TailTracks::Start(absl::StatusOr<TailOptions> options) {
  if (!options.ok()) return Begin(options.status());
  tail_ = environment().tails.Begin(*std::move(options));
  Begin(tail_ == nullptr ? TooManyTails() : absl::OkStatus());
}

void TailTracks::OnGone() {
  if (tail_ != nullptr) environment().tails.End(tail_);
}

void TailTracks::Answer() {
  const TailView view = tail_->Take(kTracksPerAnswer);
  api::TailTracksResponse& response = this->response();
  const bool is_news = view.seen != response.seen_count() ||
                       view.dropped != response.dropped_count();
  if (!is_news && view.tracks.empty() && has_answered_) return AnswerLater();
  has_answered_ = true;
  response.Clear();
  response.set_seen_count(view.seen);
  response.set_dropped_count(view.dropped);
  for (const PassedTrack& track : view.tracks) {
    api::TailedTrack& out = *response.add_tracks();
    out.set_source(track.source);
    const std::int64_t nanos = absl::ToUnixNanos(track.time);
    out.mutable_pass_time()->set_seconds(nanos / 1'000'000'000);
    out.mutable_pass_time()->set_nanos(
        static_cast<std::int32_t>(nanos % 1'000'000'000));
    *out.mutable_track() = redactor_.Redact(track.json);
  }
  Write();
}

}  // namespace segrid::rpc
