#include "core/command_line/usage_error.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "core/command_line/number_within.h"
#include "core/command_line/one_of.h"

namespace segrid::command_line {
namespace {

// A program that has some of each kind of option, and the errors it prints.
class Program {
 public:
  Program() {
    app_.require_subcommand(1);
    app_.add_flag("--quiet,-q", quiet_, "");
    CLI::App* letters = app_.add_subcommand("dead-letters", "");
    letters->require_subcommand(1);
    letters->add_subcommand("list", "")
        ->add_option("--source", text_, "")
        ->required();
    CLI::App* status = app_.add_subcommand("status", "");
    status->add_option("FILE", text_, "");
    CLI::Option* cert = status->add_option("--tls-cert", text_, "");
    CLI::Option* key = status->add_option("--tls-key", text_, "");
    cert->needs(key);
    status->add_option("--both", texts_, "")->expected(2);
    status->add_option("--plain", text_, "")->excludes(cert);
    status->add_option("--count", number_, "")
        ->check(NumberWithin(1, 9, "a number of 1 to 9"));
    status->add_option("--rounds", number_, "");
    status->add_option("--mode", text_, "")->check(OneOf({"fast", "slow"}));
  }

  std::string Says(std::vector<std::string> arguments) {
    std::reverse(arguments.begin(), arguments.end());
    try {
      app_.parse(arguments);
    } catch (const CLI::ParseError& error) {
      return UsageError(app_, error);
    }
    return "nothing";
  }

 private:
  CLI::App app_{"", "tool"};
  bool quiet_ = false;
  std::string text_;
  std::vector<std::string> texts_;
  int number_ = 0;
};

TEST(UsageError, SaysInPlainWordsWhatIsWrongAndWhatMayBeMeant) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } kCases[] = {
      {{}, "a command is missing: dead-letters, status; see 'tool --help'"},
      {{"statsu"},
       "'statsu' is no command of 'tool'; did you mean 'status'?; see 'tool "
       "--help'"},
      {{"bogus"},
       "'bogus' is no command of 'tool'; known are: dead-letters, status; see "
       "'tool --help'"},
      {{"dead-letters", "lits"},
       "'lits' is no command of 'tool dead-letters'; did you mean 'list'?; see "
       "'tool dead-letters --help'"},
      {{"dead-letters", "list"},
       "--source is required; see 'tool dead-letters list --help'"},
      {{"dead-letters", "list", "--suorce", "a"},
       "'--suorce' is no option of 'tool dead-letters list'; did you mean "
       "'--source'?; see 'tool dead-letters list --help'"},
      {{"status", "--key=secret"},
       "'--key' is no option of 'tool status'; did you mean '--tls-key'?; see "
       "'tool status --help'"},
      {{"status", "--xyzzy"},
       "'--xyzzy' is no option of 'tool status'; see 'tool status --help'"},
      {{"--rounds", "status"},
       "'--rounds' is an option of 'tool status'; write it behind that and "
       "before what follows; see 'tool status --help'"},
      {{"status", "--quiet"},
       "'--quiet' is an option of 'tool'; write it behind that and before what "
       "follows; see 'tool status --help'"},
      {{"status", "a", "b"},
       "'b' is one argument more than 'tool status' takes; see 'tool status "
       "--help'"},
      {{"status", "--rounds"},
       "--rounds needs a value; see 'tool status --help'"},
      {{"status", "--both", "a"},
       "--both needs 2 values; see 'tool status --help'"},
      {{"status", "--rounds", "many"},
       "--rounds: 'many' is no number, or one that is out of range; see 'tool "
       "status --help'"},
      {{"status", "--count", "10"},
       "--count: must be a number of 1 to 9; see 'tool status --help'"},
      {{"status", "--mode", "fats"},
       "--mode: 'fats' is not one of fast, slow; did you mean 'fast'?; see "
       "'tool status --help'"},
      {{"status", "--tls-cert", "a"},
       "--tls-cert needs --tls-key; see 'tool status --help'"},
      {{"status", "--plain", "a", "--tls-cert", "a", "--tls-key", "b"},
       "--tls-cert does not go with --plain; see 'tool status --help'"},
      {{"--quiet=maybe", "status"},
       "--quiet takes no value; see 'tool status --help'"},
      {{"a\x1b[1mb"},
       "'a?[1mb' is no command of 'tool'; known are: dead-letters, status; see "
       "'tool --help'"},
  };
  for (const auto& test : kCases) {
    EXPECT_EQ(Program().Says(test.arguments),
              std::string("tool: ") + test.says);
  }
}

}  // namespace
}  // namespace segrid::command_line
