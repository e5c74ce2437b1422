// segrid listen: a webhook on this machine that shows what is posted to it.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/time/clock.h"
#include "client/cli/commands.h"
#include "client/cli/interrupt.h"
#include "client/cli/json.h"
#include "client/cli/post_listener.h"
#include "client/cli/post_report.h"
#include "client/cli/post_store.h"
#include "client/cli/safe_text.h"
#include "client/cli/transform_offline.h"
#include "client/cli/webhook_keys.h"
#include "core/command_line/number_within.h"
#include "core/config/quantity.h"

namespace segrid::cli {
namespace {

struct ListenFlags {
  std::uint16_t port = 8090;
  std::string save;
  std::string key;
  std::string config;
  std::string source;
  std::string max_body = "4MiB";
  std::int64_t max_posts = 1'000;
  std::int64_t count = 0;
  bool json = false;
};

std::string CheckSize(const std::string& text) {
  const absl::StatusOr<std::int64_t> size = config::ParseSize(text);
  if (!size.ok()) return std::string(size.status().message());
  constexpr std::int64_t kMost = 64 << 20;
  return 1 <= *size && *size <= kMost ? "" : "must be 1B to 64MiB";
}

// Shows posts, saves them and counts.
class Recorder {
 public:
  Recorder(const ListenFlags& flags, PostReportOptions options,
           std::optional<PostStore> store, Console& console)
      : flags_(flags),
        options_(std::move(options)),
        store_(std::move(store)),
        console_(console) {}

  PostAnswer Take(const Post& post) {
    const absl::Time now = absl::Now();
    const PostReport report = ReportPost(post, options_, now);
    std::string saved;
    std::string not_saved;
    if (store_) {
      Result<std::string> path = store_->Save(post, now);
      if (path.ok()) {
        saved = *path;
      } else {
        not_saved = path.error().message;
      }
    }
    ++posts_;
    events_ += report.events;
    tracks_ += report.tracks;
    good_signatures_ += report.signature.good ? 1 : 0;
    unreadable_ += report.is_readable ? 0 : 1;
    if (flags_.json) {
      PrintJson(report, saved, now);
    } else {
      Print(report, saved, now);
    }
    if (!not_saved.empty()) Fail(console_, "not saved: " + not_saved);
    console_.out.flush();
    return {.status = 200,
            .body = "segrid listen has it; the signature: " +
                    report.signature.text + "\n",
            .is_last = posts_ == flags_.count};
  }

  void Sum() const {
    console_.err << Counted(posts_, "post") << ", " << Counted(events_, "event")
                 << ", " << Counted(tracks_, "Track") << ", "
                 << Counted(good_signatures_, "good signature") << ", "
                 << Counted(unreadable_, "body", "bodies")
                 << " that Segrid would refuse";
    if (store_) {
      console_.err << "; " << store_->posts() << " saved in "
                   << Printable(flags_.save);
    }
    console_.err << std::endl;
  }

 private:
  void Print(const PostReport& report, const std::string& saved,
             absl::Time now) const {
    console_.out << "#" << posts_ << "  "
                 << absl::FormatTime("%H:%M:%S", now, absl::LocalTimeZone())
                 << "\n"
                 << report.text;
    if (!saved.empty()) {
      console_.out << "    saved             " << Printable(saved) << "\n";
    }
    console_.out << "\n";
  }

  void PrintJson(const PostReport& report, const std::string& saved,
                 absl::Time now) const {
    std::string line = "{\"time\":";
    AppendJsonString(line, absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", now,
                                            absl::UTCTimeZone()));
    line += ",\"signature_good\":";
    line += report.signature.good ? "true" : "false";
    AppendJsonString(line += ",\"signature\":", report.signature.text);
    line += ",\"readable\":";
    line += report.is_readable ? "true" : "false";
    line += ",\"events\":" + std::to_string(report.events) +
            ",\"tracks\":" + std::to_string(report.tracks);
    AppendJsonString(line += ",\"saved\":", saved);
    console_.out << line << "}\n";
  }

  const ListenFlags& flags_;
  const PostReportOptions options_;
  std::optional<PostStore> store_;
  Console& console_;
  std::int64_t posts_ = 0;
  std::int64_t events_ = 0;
  std::int64_t tracks_ = 0;
  std::int64_t good_signatures_ = 0;
  std::int64_t unreadable_ = 0;
};

int RunListen(const ListenFlags& flags, Console& console) {
  PostReportOptions options;
  if (!flags.key.empty()) {
    Result<crypto::EcdsaP256Key> key = VerificationKey(flags.key);
    if (!key.ok()) return Fail(console, key.error().message);
    options.key = *std::move(key);
  }
  auto settings = LoadSettings(flags.config, flags.source);
  if (!settings.ok()) return FailInLines(console, settings.status());
  options.transform = *std::move(settings);
  std::optional<PostStore> store;
  if (!flags.save.empty()) {
    Result<PostStore> opened =
        PostStore::Open(flags.save, {.max_posts = flags.max_posts});
    if (!opened.ok()) return Fail(console, opened.error().message);
    store.emplace(*std::move(opened));
  }
  const Interrupt interrupt;
  PostListenerLimits limits;
  limits.max_body_bytes =
      static_cast<std::uint64_t>(*config::ParseSize(flags.max_body));
  Result<PostListener> listener = PostListener::Open(flags.port, limits);
  if (!listener.ok()) return Fail(console, listener.error().message);
  console.err << "listening on http://127.0.0.1:" << listener->port()
              << "/, Ctrl-C ends" << std::endl;
  Recorder recorder(flags, std::move(options), std::move(store), console);
  listener->Run(interrupt.token(),
                [&](const Post& post) { return recorder.Take(post); });
  recorder.Sum();
  return kDone;
}

}  // namespace

void AddListen(CLI::App& app, Action& chosen) {
  const auto flags = std::make_shared<ListenFlags>();
  CLI::App* command = app.add_subcommand(
      "listen",
      "Be a webhook on 127.0.0.1 that shows, checks and saves what is posted, "
      "until Ctrl-C");
  command->add_option("--port", flags->port, "The port; 0: any free one")
      ->type_name("PORT")
      ->check(command_line::NumberWithin(0, 65'535, "a port, 0 to 65535"))
      ->capture_default_str();
  command
      ->add_option("--save", flags->save,
                   "Save each body in this folder, byte for byte, with its "
                   "headers beside it")
      ->type_name("DIR");
  command
      ->add_option("--key", flags->key,
                   "Check signatures with this key of SendGrid's: base64, PEM, "
                   "or a file of it")
      ->type_name("KEY");
  CLI::Option* config =
      command
          ->add_option("--config", flags->config,
                       "A server's configuration, for the settings of --source")
          ->type_name("FILE");
  CLI::Option* source =
      command
          ->add_option("--source", flags->source, "Use this source's settings")
          ->type_name("NAME");
  config->needs(source);
  source->needs(config);
  command
      ->add_option("--max-body", flags->max_body,
                   "Refuse a larger body: 1B to 64MiB")
      ->type_name("SIZE")
      ->check(CLI::Validator(CheckSize, ""))
      ->capture_default_str();
  command
      ->add_option("--max-posts", flags->max_posts,
                   "Save at most so many, and at most 1 GiB of them")
      ->type_name("N")
      ->check(command_line::NotNegative())
      ->capture_default_str();
  command->add_option("--count", flags->count, "End after so many; 0: never")
      ->type_name("N")
      ->check(command_line::NotNegative())
      ->capture_default_str();
  command->add_flag("--json", flags->json, "Print a line of JSON per post");
  command->callback([flags, &chosen] {
    chosen = [flags](Console& console) { return RunListen(*flags, console); };
  });
}

}  // namespace segrid::cli
