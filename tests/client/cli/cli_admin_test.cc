// The commands that show and steer a server, against a scripted one.

#include <gmock/gmock.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/client/cli/fake_segrid.h"
#include "tests/client/cli/program.h"
#include "tests/client/cli/terminal.h"

namespace segrid {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::StartsWith;
using tests::Lines;
using tests::Ran;
using tests::RunSegrid;

class SegridAdmin : public ::testing::Test {
 protected:
  SegridAdmin() {
    grpc::EnableDefaultHealthCheckService(true);
    server_.emplace(admin_);
  }

  Ran Segrid(std::vector<std::string> words) {
    words.insert(words.end(), {"--server", server_->address()});
    return RunSegrid(words);
  }

  tests::FakeAdmin admin_;
  std::optional<tests::FakeServer> server_;
};

TEST_F(SegridAdmin, ShowsTheStatus) {
  v1::ServerStatus& status = *admin_.status.mutable_status();
  status.set_version("9.8.7");
  status.set_ready(true);
  status.mutable_start_time()->set_seconds(1'700'000'000);
  status.mutable_status_time()->set_seconds(1'700'003'723);
  v1::SourceStatus& good = *status.add_sources();
  good.set_name("prod");
  good.set_state(v1::SOURCE_STATE_RUNNING);
  good.set_accepted_count(12);
  good.set_delivered_count(10);
  good.set_purged_count(3);
  v1::SourceStatus& bad = *status.add_sources();
  bad.set_name("eu");
  bad.set_state(v1::SOURCE_STATE_MISCONFIGURED);
  bad.set_state_detail("401: check\nthe write key");
  bad.set_pending_count(7);
  bad.mutable_oldest_pending_time()->set_seconds(1'700'003'661);
  bad.mutable_next_attempt_time()->set_seconds(1'700'003'800);

  const Ran ran = Segrid({"status"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_THAT(
      Lines(ran.out),
      ElementsAre(
          "segrid-server 9.8.7 at " + server_->address() + ": ready, up 1h2m3s",
          "SOURCE  STATE          ACCEPTED  DELIVERED  PENDING  DEAD  EXPIRED  "
          "PURGED  DUPLICATE  FAILED TRIES  OLDEST",
          "prod    RUNNING              12         10        0     0        0  "
          "     3          0             0  -",
          "eu      MISCONFIGURED         0          0        7     0        0  "
          "     0          0             0  1m2s",
          "eu: 401: check the write key; next attempt "
          "2023-11-14T23:16:40.000Z"));

  const Ran json = Segrid({"status", "--json"});
  EXPECT_THAT(Lines(json.out), SizeIs(1));
  EXPECT_THAT(json.out, HasSubstr("\"state\":\"SOURCE_STATE_MISCONFIGURED\""));
  EXPECT_THAT(json.out, HasSubstr("\"pending_count\":\"7\""));
}

TEST_F(SegridAdmin, SaysWhyTheServerIsNotReady) {
  admin_.status.mutable_status()->set_not_ready_reason("draining");
  const Ran ran = Segrid({"status"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(ran.out, HasSubstr(": not ready (draining), up -\n"));
}

TEST_F(SegridAdmin, ListsTheSources) {
  v1::Source& source = *admin_.sources.add_sources();
  source.set_name("prod");
  source.set_label("Marketing");
  source.set_receiver("segment");
  source.set_endpoint("https://api.segment.io");
  source.set_tag("1a2b");
  source.add_events("open");
  source.add_events("click");
  source.add_email_types("other");
  const Ran ran = Segrid({"sources"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_THAT(Lines(ran.out),
              ElementsAre("SOURCE            RECEIVER  ENDPOINT                "
                          "TAG   EVENTS      E-MAIL TYPES",
                          "prod (Marketing)  segment   "
                          "https://api.segment.io  1a2b  open,click  other"));
  EXPECT_THAT(Segrid({"sources", "--json"}).out,
              HasSubstr("\"events\":[\"open\",\"click\"]"));
}

TEST_F(SegridAdmin, PausesAndResumes) {
  EXPECT_EQ(Segrid({"pause", "prod"}).out, "prod: PAUSED\n");
  EXPECT_EQ(admin_.paused, "prod");
  EXPECT_EQ(Segrid({"resume", "test", "--json"}).out,
            "{\"source\":\"test\",\"state\":\"RUNNING\"}\n");
  EXPECT_EQ(admin_.resumed, "test");
}

TEST_F(SegridAdmin, ReloadsAndShowsWhatChanged) {
  EXPECT_EQ(Segrid({"reload"}).out, "reloaded: nothing changed\n");
  EXPECT_EQ(admin_.reload_request.allow_removal_size(), 0);
  v1::ConfigChange& change = *admin_.reload_response.add_changes();
  change.set_key("sources[prod].write_key");
  change.set_from("***");
  change.set_to("***");
  v1::ConfigChange& weaker = *admin_.reload_response.add_changes();
  weaker.set_key("grpc.tokens");
  weaker.set_from("1 element");
  weaker.set_to("(none)");
  weaker.set_weakens(true);
  admin_.reload_response.set_new_certificates(true);
  admin_.reload_response.add_restart_keys("data_dir");
  EXPECT_THAT(
      Lines(Segrid({"reload", "--allow-removal", "grpc.tokens", "sources[a]"})
                .out),
      ElementsAre("reloaded", "KEY                      FROM       TO      ",
                  "sources[prod].write_key  ***        ***     ",
                  "grpc.tokens              1 element  (none)  callers may do "
                  "more",
                  "certificates: renewed", "needs a restart: data_dir"));
  EXPECT_THAT(admin_.reload_request.allow_removal(),
              ElementsAre("grpc.tokens", "sources[a]"));
  EXPECT_THAT(Segrid({"reload", "--json"}).out,
              HasSubstr("\"restart_keys\":[\"data_dir\"]"));
}

TEST_F(SegridAdmin, UsesColoursOnATerminalThatWantsThem) {
  admin_.status.mutable_status()->set_ready(true);
  const auto printed = [&](std::map<std::string, std::string> variables) {
    const tests::Terminal terminal;
    const Ran ran =
        RunSegrid({"status", "--server", server_->address()},
                  {.output_file = terminal.path(), .variables = variables});
    EXPECT_EQ(ran.code, 0) << ran.err;
    return terminal.Read();
  };
  EXPECT_THAT(printed({{"TERM", "xterm"}}), HasSubstr("\x1b[32mready\x1b[0m"));
  EXPECT_THAT(printed({{"TERM", "dumb"}}), HasSubstr(": ready"));
  EXPECT_THAT(printed({{"TERM", "xterm"}, {"NO_COLOR", "1"}}),
              HasSubstr(": ready"));
  EXPECT_THAT(printed({}), HasSubstr(": ready"));
}

v1::DeadLetter Letter(std::uint64_t id) {
  v1::DeadLetter letter;
  letter.set_id(id);
  letter.set_source("prod");
  letter.set_message_id("m" + std::to_string(id));
  letter.set_reason("REFUSED");
  letter.set_answer("400 \"bad\"\n\x1b[31m");
  letter.mutable_accepted_time()->set_seconds(1'700'000'000);
  letter.mutable_dead_time()->set_seconds(1'700'000'001);
  letter.set_attempt_count(2);
  letter.set_track_json(R"({"type":"track"})");
  return letter;
}

TEST_F(SegridAdmin, ListsDeadLettersPageByPage) {
  admin_.pages.resize(2);
  *admin_.pages[0].add_dead_letters() = Letter(2);
  *admin_.pages[1].add_dead_letters() = Letter(1);
  const Ran ran =
      Segrid({"dead-letters", "list", "--source", "prod", "--reason", "REFUSED",
              "--id", "1,2", "--since", "2023-11-14T00:00:00Z"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  const std::vector<std::string> lines = Lines(ran.out);
  ASSERT_THAT(lines, SizeIs(3));
  EXPECT_THAT(lines[1],
              StartsWith("prod    2   REFUSED  2023-11-14T22:13:21.000Z"));
  EXPECT_THAT(lines[1], HasSubstr("m2"));
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos);
  ASSERT_EQ(admin_.listed.size(), 2u);
  const v1::DeadLetterFilter& filter = admin_.listed[1].filter();
  EXPECT_EQ(filter.source(), "prod");
  EXPECT_EQ(filter.reason(), "REFUSED");
  EXPECT_THAT(filter.ids(), ElementsAre(1, 2));
  EXPECT_EQ(filter.since().seconds(), 1'699'920'000);
  EXPECT_FALSE(admin_.listed[1].include_track_json());

  EXPECT_THAT(Lines(Segrid({"dead-letters", "list", "--source", "prod",
                            "--limit", "1", "--json"})
                        .out),
              SizeIs(1));
}

TEST_F(SegridAdmin, ListsDeadLettersOfAllSourcesNewestFirst) {
  for (const char* name : {"prod", "test", "idle"}) {
    admin_.sources.add_sources()->set_name(name);
  }
  const auto page = [](const char* source, std::vector<int> seconds) {
    v1::ListDeadLettersResponse response;
    for (const int each : seconds) {
      v1::DeadLetter& letter = *response.add_dead_letters();
      letter = Letter(static_cast<std::uint64_t>(each));
      letter.set_source(source);
      letter.mutable_dead_time()->set_seconds(each);
    }
    return response;
  };
  admin_.pages_of["prod"] = {page("prod", {9, 5}), page("prod", {2})};
  admin_.pages_of["test"] = {page("test", {8, 4}), page("test", {3, 1})};
  admin_.pages_of["idle"] = {page("idle", {})};
  const auto ids = [this](std::vector<std::string> more) {
    more.insert(more.begin(), {"dead-letters", "list"});
    const Ran ran = Segrid(more);
    EXPECT_EQ(ran.code, 0) << ran.err;
    std::string sources_and_ids;
    for (const std::string& line : Lines(ran.out)) {
      if (line.starts_with("SOURCE")) continue;
      sources_and_ids += line[0];
      sources_and_ids += line[line.find_first_of("0123456789")];
    }
    return sources_and_ids;
  };
  EXPECT_EQ(ids({}), "p9t8p5t4t3p2t1");
  EXPECT_EQ(ids({"--limit", "3"}), "p9t8p5");
  EXPECT_EQ(ids({"--limit", "0"}), "p9t8p5t4t3p2t1");
  const Ran with_id = Segrid({"dead-letters", "list", "--id", "1"});
  EXPECT_EQ(with_id.code, 1);
  EXPECT_THAT(with_id.err, HasSubstr("--id needs --source"));
  for (const char* command : {"export", "replay", "purge"}) {
    const Ran ran = Segrid({"dead-letters", command});
    EXPECT_EQ(ran.code, 2) << command;
    EXPECT_THAT(ran.err, HasSubstr("--source is required"));
  }
}

TEST_F(SegridAdmin, NamesTheSourcesThatThereAreInsteadOfOneThatIsNot) {
  admin_.sources.add_sources()->set_name("prod");
  admin_.sources.add_sources()->set_name("test");
  admin_.pages_of["prdo"] = {};
  const Ran ran = Segrid({"dead-letters", "list", "--source", "prdo"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_THAT(ran.err,
              HasSubstr("did you mean 'prod'?; there are: prod, test"));
}

TEST_F(SegridAdmin, SaysThatThereAreNoDeadLetters) {
  admin_.pages.resize(1);
  const Ran ran = Segrid({"dead-letters", "list", "--source", "prod"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "no dead letters\n");
  EXPECT_EQ(Segrid({"dead-letters", "list", "--source", "prod", "--json"}).out,
            "");
  EXPECT_EQ(
      Segrid({"dead-letters", "list", "--source", "prod", "--id", "-5"}).code,
      2);
}

TEST_F(SegridAdmin, ExportsDeadLettersWithTheirTracks) {
  admin_.pages.resize(1);
  *admin_.pages[0].add_dead_letters() = Letter(1);
  const Ran ran = Segrid({"dead-letters", "export", "--source", "prod"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            R"({"id":1,"source":"prod","message_id":"m1","reason":"REFUSED",)"
            R"("answer":"400 \"bad\"\n\u001b[31m",)"
            R"("accepted_time":"2023-11-14T22:13:20.000Z",)"
            R"("dead_time":"2023-11-14T22:13:21.000Z","attempt_count":2,)"
            R"("track":{"type":"track"}})"
            "\n");
  EXPECT_TRUE(admin_.listed.at(0).include_track_json());
}

TEST_F(SegridAdmin, ShowsADeadLetter) {
  admin_.pages.resize(1);
  *admin_.pages[0].add_dead_letters() = Letter(7);
  const Ran ran = Segrid({"dead-letters", "show", "--source", "prod", "7"});
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out,
            "id:         7\n"
            "source:     prod\n"
            "message id: m7\n"
            "reason:     REFUSED\n"
            "accepted:   2023-11-14T22:13:20.000Z\n"
            "dead since: 2023-11-14T22:13:21.000Z\n"
            "tries:      2\n"
            "answer:     400 \"bad\" \\u001b[31m\n"
            "track:      {\"type\":\"track\"}\n");
  EXPECT_THAT(admin_.listed.at(0).filter().ids(), ElementsAre(7));
  EXPECT_TRUE(admin_.listed.at(0).include_track_json());
  EXPECT_EQ(
      Segrid({"dead-letters", "show", "--source", "prod", "7", "--json"}).out,
      Segrid({"dead-letters", "export", "--source", "prod"}).out);

  admin_.pages[0].clear_dead_letters();
  const Ran none = Segrid({"dead-letters", "show", "--source", "prod", "8"});
  EXPECT_EQ(none.code, 1);
  EXPECT_THAT(none.err, HasSubstr("no dead letter with this id"));
}

TEST_F(SegridAdmin, ReplaysAndPurgesDeadLetters) {
  admin_.pages.resize(2);
  *admin_.pages[0].add_dead_letters() = Letter(2);
  *admin_.pages[1].add_dead_letters() = Letter(1);
  EXPECT_EQ(Segrid({"dead-letters", "replay", "--source", "prod"}).out,
            "3 queued again\n");
  EXPECT_EQ(admin_.replayed.filter().source(), "prod");
  EXPECT_THAT(admin_.replayed.filter().ids(), ElementsAre(1, 2));
  EXPECT_EQ(Segrid({"dead-letters", "purge", "--source", "prod", "--until",
                    "2023-11-14T00:00:00Z"})
                .out,
            "4 deleted\n");
  EXPECT_EQ(admin_.purged.filter().until().seconds(), 1'699'920'000);
}

TEST_F(SegridAdmin, DropsASourceAfterAskingAndSaysWhatItPurged) {
  // Nobody answers.
  const Ran asked = Segrid({"sources", "drop", "old"});
  EXPECT_EQ(asked.code, 1);
  EXPECT_THAT(asked.err, HasSubstr("of source 'old' permanently? [y/N]"));
  EXPECT_THAT(asked.err, HasSubstr("nothing was deleted"));
  EXPECT_EQ(admin_.dropped.source(), "");
  const Ran done = Segrid({"sources", "drop", "old", "--yes"});
  EXPECT_EQ(done.code, 0) << done.err;
  EXPECT_EQ(done.out, "old: purged 1 pending event and 2 dead letters\n");
  EXPECT_EQ(admin_.dropped.source(), "old");
  EXPECT_EQ(Segrid({"sources", "drop", "old", "-y", "--json"}).out,
            "{\"pending_count\":\"1\",\"dead_letter_count\":\"2\"}\n");
}

TEST_F(SegridAdmin, ReplaysNoFasterThanTheRate) {
  admin_.pages.resize(1);
  for (int id = 11; id > 0; --id) {
    *admin_.pages[0].add_dead_letters() = Letter(id);
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(
      Segrid({"dead-letters", "replay", "--source", "prod", "--rate", "10"})
          .out,
      "6 queued again\n");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_THAT(admin_.replayed.filter().ids(), ElementsAre(11));

  admin_.pages[0].clear_dead_letters();
  EXPECT_EQ(Segrid({"dead-letters", "replay", "--source", "prod"}).out,
            "0 queued again\n");
}

TEST_F(SegridAdmin, ReadsFiltersInEveryForm) {
  const auto filter_of = [&](std::vector<std::string> more) {
    admin_.purged.Clear();
    more.insert(more.begin(), {"dead-letters", "purge", "--source", "prod"});
    const Ran ran = Segrid(more);
    EXPECT_EQ(ran.code, 0) << ran.err;
    return admin_.purged.filter();
  };
  EXPECT_EQ(filter_of({"--reason", "expired"}).reason(), "EXPIRED");
  const v1::DeadLetterFilter fraction = filter_of(
      {"--since", "2023-11-14T00:00:00.25Z", "--until", "2023-11-15"});
  EXPECT_EQ(fraction.since().seconds(), 1'699'920'000);
  EXPECT_EQ(fraction.since().nanos(), 250'000'000);
  EXPECT_EQ(fraction.until().seconds(), 1'700'006'400);
  EXPECT_EQ(fraction.until().nanos(), 0);
  const std::int64_t before = absl::ToUnixSeconds(absl::Now()) - 3'600;
  const std::int64_t since = filter_of({"--since", "1h"}).since().seconds();
  EXPECT_GE(since, before);
  EXPECT_LE(since, before + 60);
  for (const std::vector<std::string>& bad :
       {std::vector<std::string>{"--reason", "SPAM"},
        {"--since", "yesterday"},
        {"--since", "-1h"},
        {"--since", "2999-01-01"},
        {"--until", "2999-01-01T00:00:00Z"},
        {"--until", "2023-13-01"}}) {
    std::vector<std::string> line = {"dead-letters", "list", "--source", "x"};
    line.insert(line.end(), bad.begin(), bad.end());
    EXPECT_EQ(Segrid(line).code, 2) << bad[1];
  }
  EXPECT_THAT(
      Segrid({"dead-letters", "list", "--source", "x", "--reason", "SPAM"}).err,
      HasSubstr("must be one of BAD_MESSAGE, TOO_LARGE, EXPIRED, "));
}

TEST_F(SegridAdmin, SaysThatNothingIsWhatTheFiltersAskFor) {
  admin_.pages.resize(1);
  admin_.replay_count = 0;
  admin_.purge_count = 1;
  EXPECT_EQ(Segrid({"dead-letters", "list", "--source", "prod", "--reason",
                    "EXPIRED", "--since", "1h"})
                .out,
            "no dead letter of source 'prod' is what you ask for: --reason "
            "EXPIRED --since 1h\n");
  const Ran replay = Segrid(
      {"dead-letters", "replay", "--source", "prod", "--reason", "EXPIRED"});
  EXPECT_EQ(replay.code, 0);
  EXPECT_EQ(replay.out,
            "0 queued again; no dead letter of source 'prod' is what you ask "
            "for: --reason EXPIRED\n");
  const Ran purge =
      Segrid({"dead-letters", "purge", "--source", "prod", "--id", "7,8,8"});
  EXPECT_EQ(purge.code, 1);
  EXPECT_EQ(purge.out, "1 deleted\n");
  EXPECT_THAT(purge.err, HasSubstr("1 --id names no dead letter of source "));
}

TEST_F(SegridAdmin, LetsNobodyElseControlTheTerminal) {
  const std::string evil =
      "\xC2\x9B"
      "31m\xE2\x80\xAE\xE2\x80\x8B\x1b[2J\x9b";
  const auto is_safe = [](const std::string& text) {
    for (const char* bad :
         {"\xC2\x9B", "\xE2\x80\xAE", "\xE2\x80\x8B", "\x1b"}) {
      if (text.find(bad) != std::string::npos) return false;
    }
    return true;
  };
  const std::string valid = evil.substr(0, evil.size() - 1);
  v1::ServerStatus& status = *admin_.status.mutable_status();
  status.set_version(valid);
  status.set_not_ready_reason(valid);
  v1::SourceStatus& source = *status.add_sources();
  source.set_name(valid);
  source.set_state_detail(valid);
  v1::Source& listed = *admin_.sources.add_sources();
  listed.set_name(valid);
  listed.set_endpoint(valid);
  listed.add_events(valid);
  admin_.pages.resize(1);
  v1::DeadLetter& letter = *admin_.pages[0].add_dead_letters();
  letter.set_message_id(valid);
  letter.set_reason(valid);
  letter.set_answer(valid);
  letter.set_track_json("{\"a\":\"" + evil + "\"}");
  for (std::vector<std::string> command : std::vector<std::vector<std::string>>{
           {"status"},
           {"sources"},
           {"dead-letters", "list", "--source", "x"},
           {"dead-letters", "export", "--source", "x"},
           {"dead-letters", "show", "--source", "x", "1"}}) {
    for (const bool json : {false, true}) {
      if (json) command.push_back("--json");
      const Ran ran = Segrid(command);
      EXPECT_EQ(ran.code, 0) << ran.err;
      EXPECT_TRUE(is_safe(ran.out)) << ran.out;
      EXPECT_THAT(ran.out, HasSubstr("\\u009b")) << command[0];
      EXPECT_THAT(ran.out, HasSubstr("\\u202e")) << command[0];
    }
  }
}

TEST_F(SegridAdmin, ChecksTheHealth) {
  auto& health = *server_->grpc().GetHealthCheckService();
  health.SetServingStatus("segrid.v1.AdminService", true);
  const Ran serving = Segrid({"healthcheck"});
  EXPECT_EQ(serving.code, 0) << serving.err;
  EXPECT_EQ(serving.out, "SERVING\n");
  EXPECT_EQ(Segrid({"healthcheck", "--service", "segrid.v1.AdminService"}).code,
            0);
  const Ran unknown = Segrid({"healthcheck", "--service", "bogus"});
  EXPECT_EQ(unknown.code, 1);
  EXPECT_THAT(unknown.err, HasSubstr("NOT_FOUND"));

  health.SetServingStatus(false);
  const Ran stopped = Segrid({"healthcheck", "--json"});
  EXPECT_EQ(stopped.code, 1);
  EXPECT_EQ(stopped.out, "{\"status\":\"NOT_SERVING\"}\n");
  EXPECT_THAT(Lines(stopped.err), SizeIs(1));
}

}  // namespace
}  // namespace segrid
