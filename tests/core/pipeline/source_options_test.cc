// From a source's settings to what the transform uses.

#include "core/pipeline/source_options.h"

#include <string>
#include <vector>

#include "core/config/source_tag.h"
#include "gtest/gtest.h"

namespace segrid::pipeline {
namespace {

using transform::Options;

config::Source Named(std::string name) {
  config::Source source;
  source.name = std::move(name);
  return source;
}

TEST(SourceOptions, DefaultsAreThoseOfTheTransformWithATag) {
  const Options options = CompileOptions(Named("sendgrid_prod"));
  const Options defaults;
  EXPECT_EQ(options.events, defaults.events);
  EXPECT_EQ(options.email_types, defaults.email_types);
  EXPECT_EQ(options.normalize_email, defaults.normalize_email);
  EXPECT_EQ(options.spec_context, defaults.spec_context);
  EXPECT_EQ(options.subject_from, defaults.subject_from);
  EXPECT_TRUE(options.extra_fields.empty());
  EXPECT_TRUE(options.custom_args.empty());
  EXPECT_EQ(options.user_id_from, "");
  // sha256("sendgrid_prod"), made elsewhere.
  EXPECT_EQ(options.tag, config::TagOf("sendgrid_prod"));
  EXPECT_EQ(config::TagOf("abc"), "ba78");
}

TEST(SourceOptions, ARenamedSourceKeepsTheTagOfItsFirstName) {
  config::Source source = Named("renamed");
  source.was = {"abc", "later"};
  EXPECT_EQ(CompileOptions(source).tag, "ba78");
}

TEST(SourceOptions, EveryFilterSelectsItsRow) {
  for (std::size_t i = 0; i < catalog::kEventCount; ++i) {
    config::Source source = Named("s");
    source.events = {std::string(catalog::kEvents[i].filter)};
    EXPECT_EQ(CompileOptions(source).events, std::uint32_t{1} << i);
  }
  config::Source source = Named("s");
  source.events = {"open", "deferred", "open"};
  EXPECT_EQ(CompileOptions(source).events,
            std::uint32_t{1} << catalog::FindFilter("open") |
                std::uint32_t{1} << catalog::FindFilter("deferred"));
}

TEST(SourceOptions, EmailTypesAreBits) {
  const struct {
    std::vector<std::string> names;
    int mask;
  } rows[] = {{{}, 0b111},
              {{"singlesend"}, 0b001},
              {{"automation"}, 0b010},
              {{"other"}, 0b100},
              {{"other", "singlesend"}, 0b101}};
  for (const auto& row : rows) {
    config::Source source = Named("s");
    source.email_types = row.names;
    EXPECT_EQ(int{CompileOptions(source).email_types}, row.mask);
  }
}

TEST(SourceOptions, ExtraPropertiesAreInCatalogOrderWithoutOwnedNames) {
  config::Source source = Named("s");
  source.extra_properties = {"status", "reason",  "pool",
                             "status", "smtp-id", "template_id"};
  EXPECT_EQ(CompileOptions(source).extra_fields,
            (std::vector<catalog::FieldId>{
                catalog::Field("smtp-id"), catalog::Field("reason"),
                catalog::Field("status"), catalog::Field("pool")}));
}

TEST(SourceOptions, CustomArgumentsAreNoneAllOrNamed) {
  config::Source source = Named("s");
  source.custom_args.names = {"zoo", "ape"};
  EXPECT_FALSE(CompileOptions(source).custom_args.Selects("ape"));
  source.custom_args.mode = config::CustomArgs::Mode::kAll;
  EXPECT_TRUE(CompileOptions(source).custom_args.Selects("anything"));
  source.custom_args.mode = config::CustomArgs::Mode::kNamed;
  const auto named = CompileOptions(source).custom_args;
  EXPECT_TRUE(named.Selects("ape"));
  EXPECT_TRUE(named.Selects("zoo"));
  EXPECT_FALSE(named.Selects("zo"));
  EXPECT_FALSE(named.Selects(""));
}

TEST(SourceOptions, RudderstackAloneGetsTheOriginalTimestamp) {
  for (const char* receiver :
       {"segment", "file", "rudderstack", "jitsu", "hightouch", "customerio"}) {
    config::Source source = Named("s");
    source.receiver = receiver;
    EXPECT_EQ(CompileOptions(source).original_timestamp,
              source.receiver == "rudderstack")
        << receiver;
  }
}

TEST(SourceOptions, TheRestIsCopied) {
  config::Source source = Named("s");
  source.email_hash = config::EmailHash::kAsReceived;
  source.email_subject_from = {"betreff"};
  source.user_id_from = "uid";
  source.spec_context = true;
  const Options options = CompileOptions(source);
  EXPECT_FALSE(options.normalize_email);
  EXPECT_EQ(options.subject_from, std::vector<std::string>{"betreff"});
  EXPECT_EQ(options.user_id_from, "uid");
  EXPECT_TRUE(options.spec_context);
}

}  // namespace
}  // namespace segrid::pipeline
