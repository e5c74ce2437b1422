// segrid tail: the Tracks that pass a server, a sample of them, redacted.

#include <grpcpp/support/sync_stream.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/admin.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/table.h"

namespace segrid::cli {
namespace {

struct TailFlags {
  ServerFlags server;
  std::vector<std::string> sources;
  double sample = 1;
  std::int64_t count = 0;
  bool json = false;
};

void AddText(std::string& line, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  line.append(" ").append(name).append("=").append(Printable(value));
}

// `email_type=Singlesend categories=news,june …`
std::string Properties(const v1::Track& track) {
  const v1::TrackProperties& from = track.properties();
  std::string line;
  AddText(line, "person", track.anonymous_id());
  AddText(line, "user", track.user_id());
  AddText(line, "email_type", from.email_type());
  AddText(line, "template_id", from.template_id());
  AddText(line, "email_subject", from.email_subject());
  if (from.has_test_phase()) {
    AddText(line, "test_phase", from.test_phase() ? "true" : "false");
  }
  if (from.has_unsubscribe_group_id()) {
    AddText(line, "unsubscribe_group_id",
            std::to_string(from.unsubscribe_group_id()));
  }
  AddText(line, "link_url", from.link_url());
  std::string categories;
  for (const std::string& category : from.categories()) {
    categories.append(categories.empty() ? "" : ",").append(category);
  }
  AddText(line, "categories", categories);
  AddText(line, "campaign_name", from.campaign_name());
  AddText(line, "campaign_id", from.campaign_id());
  AddText(line, "automation_name", from.automation_name());
  AddText(line, "automation_id", from.automation_id());
  AddText(line, "automation_step_id", from.automation_step_id());
  return line;
}

// Prints what comes.
class TailPrinter {
 public:
  TailPrinter(Console& console, const TailFlags& flags)
      : console_(console), flags_(flags) {}

  // False: enough was shown.
  bool Show(const v1::TailTracksResponse& answer) {
    for (const v1::TailedTrack& track : answer.tracks()) {
      ShowTrack(track);
      if (++shown_ == flags_.count) break;
    }
    if (answer.dropped_count() > dropped_) {
      console_.err << "segrid: " << answer.dropped_count() - dropped_
                   << " Tracks were dropped: they come faster than they are "
                      "read; see --sample"
                   << std::endl;
    }
    seen_ = answer.seen_count();
    dropped_ = answer.dropped_count();
    console_.out.flush();
    return flags_.count == 0 || shown_ < flags_.count;
  }

  void Sum() const {
    console_.err << "seen=" << seen_ << " shown=" << shown_
                 << " dropped=" << dropped_ << std::endl;
  }

 private:
  void ShowTrack(const v1::TailedTrack& track) const {
    if (flags_.json) {
      PrintJson(console_, track);
      return;
    }
    console_.out << TimeText(track.pass_time()) << "  "
                 << Printable(track.source()) << "  "
                 << Painted(console_, Printable(track.track().event()),
                            Colour::kGood)
                 << "  " << Printable(track.track().message_id()) << " "
                 << Properties(track.track()) << "\n";
  }

  Console& console_;
  const TailFlags& flags_;
  std::int64_t shown_ = 0;
  std::int64_t seen_ = 0;
  std::int64_t dropped_ = 0;
};

int RunTail(const TailFlags& flags, Console& console) {
  const auto channel = internal::OpenChannel(flags.server.ToClientOptions());
  if (!channel.ok()) return Fail(console, channel.error());
  grpc::ClientContext context;
  CallOptions options;
  options.timeout = std::chrono::hours(24);
  if (auto bad = internal::PrepareCall(*channel, options, context)) {
    return Fail(console, *bad);
  }
  v1::TailTracksRequest request;
  for (const std::string& source : flags.sources) request.add_sources(source);
  request.set_sample_ratio(flags.sample);
  const auto stub = v1::AdminService::NewStub(channel->grpc);
  const auto stream = stub->TailTracks(&context, request);
  TailPrinter printer(console, flags);
  for (v1::TailTracksResponse answer; stream->Read(&answer);) {
    const bool goes_on = printer.Show(answer);
    if (!console.out) return Fail(console, kCannotWrite);
    if (goes_on) continue;
    context.TryCancel();
    stream->Finish();
    printer.Sum();
    return kDone;
  }
  const grpc::Status status = stream->Finish();
  if (status.ok()) return Fail(console, "the server ended the stream");
  return Fail(console, internal::ErrorOfCall(*channel, options, status));
}

}  // namespace

void AddTail(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<TailFlags>();
  CLI::App* command = app.add_subcommand(
      "tail",
      "Show Tracks as they pass a server, without what is personal, until "
      "Ctrl-C");
  AddServerFlags(*command, flags->server);
  command
      ->add_option("--source", flags->sources,
                   "Only those of this source; may be given several times")
      ->type_name("NAME")
      ->allow_extra_args(false)
      ->delimiter(',');
  command
      ->add_option("--sample", flags->sample,
                   "The share of the Tracks to show, such as 0.01")
      ->type_name("RATIO")
      ->check(CLI::Range(1e-6, 1.0))
      ->capture_default_str();
  command->add_option("--count", flags->count, "End after so many; 0: never")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print a line of JSON per Track");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunTail(*flags, console); };
  });
}

}  // namespace segrid::cli
