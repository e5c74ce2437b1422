// segrid tail: the Tracks that pass a server, a sample of them, redacted.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/admin_stream.h"
#include "client/cli/commands.h"
#include "client/cli/json.h"
#include "client/cli/table.h"
#include "core/command_line/number_within.h"

namespace segrid::cli {
namespace {

struct TailFlags {
  ServerFlags server;
  std::vector<std::string> sources;
  double sample = 1;
  std::int64_t count = 0;
  bool json = false;
};

// The text of a property that has one; "" for what is missing or a map.
std::string TextOf(const google::protobuf::Message& properties,
                   const google::protobuf::FieldDescriptor& field) {
  using Field = google::protobuf::FieldDescriptor;
  const google::protobuf::Reflection& values = *properties.GetReflection();
  if (field.is_repeated()) {
    if (field.cpp_type() != Field::CPPTYPE_STRING) return "";
    std::string text;
    for (int i = 0; i < values.FieldSize(properties, &field); ++i) {
      text.append(i == 0 ? "" : ",")
          .append(values.GetRepeatedString(properties, &field, i));
    }
    return text;
  }
  if (!values.HasField(properties, &field)) return "";
  switch (field.cpp_type()) {
    case Field::CPPTYPE_STRING:
      return values.GetString(properties, &field);
    case Field::CPPTYPE_BOOL:
      return values.GetBool(properties, &field) ? "true" : "false";
    case Field::CPPTYPE_INT64:
      return std::to_string(values.GetInt64(properties, &field));
    default:
      return "";
  }
}

// `person=01234567 email_type=Singlesend categories=news,june …`: whatever
// properties there are, in the order of the proto.
std::string Properties(const v1::Track& track) {
  std::string line;
  const auto add = [&line](std::string_view name, const std::string& value) {
    if (value.empty()) return;
    line.append(" ").append(name).append("=").append(Printable(value));
  };
  add("person", track.anonymous_id());
  add("user", track.user_id());
  const auto& descriptor = *v1::TrackProperties::descriptor();
  for (int i = 0; i < descriptor.field_count(); ++i) {
    add(descriptor.field(i)->name(),
        TextOf(track.properties(), *descriptor.field(i)));
  }
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
  v1::TailTracksRequest request;
  for (const std::string& source : flags.sources) request.add_sources(source);
  request.set_sample_ratio(flags.sample);
  TailPrinter printer(console, flags);
  const int code = FollowAdmin(
      flags.server, console, &AdminStub::TailTracks, request,
      [&](const v1::TailTracksResponse& answer) {
        return printer.Show(answer);
      },
      flags.sources);
  if (code == kDone) printer.Sum();
  return code;
}

}  // namespace

void AddTail(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<TailFlags>();
  CLI::App* command = app.add_subcommand(
      "tail",
      "Show Tracks as they pass a server, without personal data, until "
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
      ->check(command_line::NumberWithin(1e-6, 1, "above 0 and at most 1"))
      ->capture_default_str();
  command->add_option("--count", flags->count, "End after so many; 0: never")
      ->type_name("N")
      ->check(command_line::NotNegative())
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print a line of JSON per Track");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunTail(*flags, console); };
  });
}

}  // namespace segrid::cli
