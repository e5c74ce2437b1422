#include "core/command_line/usage_error.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "core/config/nearest.h"
#include "core/config/text.h"

namespace segrid::command_line {
namespace {

using Names = std::vector<std::string>;

// The program and the commands that the arguments named, the program first.
std::vector<const CLI::App*> Chain(const CLI::App& app) {
  std::vector<const CLI::App*> chain = {&app};
  for (;;) {
    const std::vector<CLI::App*> below = chain.back()->get_subcommands();
    if (below.empty()) return chain;
    chain.push_back(below.front());
  }
}

std::string NameOf(const std::vector<const CLI::App*>& chain,
                   const CLI::App* last) {
  std::string name;
  for (const CLI::App* command : chain) {
    absl::StrAppend(&name, name.empty() ? "" : " ", command->get_name());
    if (command == last) break;
  }
  return name;
}

std::vector<const CLI::App*> CommandsOf(const CLI::App& app) {
  return app.get_subcommands(
      [](const CLI::App* command) { return !command->get_name().empty(); });
}

// `--name` and `-n` of all options that may stand behind `command`.
Names OptionNames(const std::vector<const CLI::App*>& chain,
                  const CLI::App* command) {
  Names names;
  auto at = std::find(chain.begin(), chain.end(), command);
  for (;; --at) {
    for (const CLI::Option* option : (*at)->get_options()) {
      for (const std::string& name : option->get_lnames()) {
        names.push_back(absl::StrCat("--", name));
      }
      for (const std::string& name : option->get_snames()) {
        names.push_back(absl::StrCat("-", name));
      }
    }
    if (at == chain.begin() || !(*at)->get_fallthrough()) return names;
  }
}

std::vector<std::string_view> Views(const Names& names) {
  return {names.begin(), names.end()};
}

// An option that has the same word at its end counts as near, too, such
// as --tls-ca for --ca.
std::string NearestOption(const std::string& typed, const Names& names) {
  const std::string end(absl::StripPrefix(typed, "-"));
  for (const std::string& name : names) {
    if (end.size() > 2 && absl::EndsWith(name, end)) return name;
  }
  return std::string(config::Nearest(typed, Views(names)));
}

std::string DidYouMean(const std::string& nearest) {
  return nearest.empty() ? "" : absl::StrCat("; did you mean '", nearest, "'?");
}

bool LooksLikeOption(const std::string& word) {
  return word.size() > 1 && word.front() == '-';
}

std::string UnknownOption(const std::string& word,
                          const std::vector<const CLI::App*>& chain,
                          const CLI::App* owner) {
  // The text behind the sign may be a secret.
  const std::string typed = word.substr(0, word.find('='));
  for (const CLI::App* other : {chain.back(), chain.front()}) {
    const Names names = OptionNames(chain, other);
    if (other == owner ||
        std::find(names.begin(), names.end(), typed) == names.end()) {
      continue;
    }
    return absl::StrCat("'", typed, "' is an option of '", NameOf(chain, other),
                        "'; write it behind that and before what follows");
  }
  return absl::StrCat(
      "'", config::ShownKey(typed), "' is no option of '", NameOf(chain, owner),
      "'", DidYouMean(NearestOption(typed, OptionNames(chain, owner))));
}

std::string UnknownWord(const std::string& word,
                        const std::vector<const CLI::App*>& chain,
                        const CLI::App* owner) {
  const std::vector<const CLI::App*> commands = CommandsOf(*owner);
  if (commands.empty() || owner != chain.back()) {
    return absl::StrCat(config::ShownValue(word),
                        " is one argument more than '", NameOf(chain, owner),
                        "' takes");
  }
  Names names;
  for (const CLI::App* command : commands) {
    names.push_back(command->get_name());
  }
  return absl::StrCat(config::ShownValue(word), " is no command of '",
                      NameOf(chain, owner), "'; ",
                      config::Suggest(word, Views(names)));
}

// The command that was asked to take what `owner` has left: commands may pass
// on to the program what they do not know.
const CLI::App* Asked(const std::vector<const CLI::App*>& chain,
                      const CLI::App* owner) {
  for (auto at = chain.rbegin(); at != chain.rend() && *at != owner; ++at) {
    if (!(*at)->get_fallthrough()) return owner;
  }
  return chain.back();
}

// Describes the first argument that nothing takes; "" when all are taken.
std::string UnknownArgument(const std::vector<const CLI::App*>& chain) {
  for (const CLI::App* owner : chain) {
    const Names unknown = owner->remaining();
    if (unknown.empty()) continue;
    owner = Asked(chain, owner);
    return LooksLikeOption(unknown.front())
               ? UnknownOption(unknown.front(), chain, owner)
               : UnknownWord(unknown.front(), chain, owner);
  }
  return "";
}

// The option that CLI11's words are about: the longest name that they contain.
const CLI::Option* OptionIn(const std::string& words,
                            const std::vector<const CLI::App*>& chain) {
  const CLI::Option* found = nullptr;
  for (const CLI::App* command : chain) {
    for (const CLI::Option* option : command->get_options()) {
      const bool named = absl::StrContains(words, option->get_name());
      if (named && (found == nullptr ||
                    found->get_name().size() < option->get_name().size())) {
        found = option;
      }
    }
  }
  return found;
}

std::string CountOf(const CLI::Option& option, const std::string& words) {
  const int most = option.get_items_expected_max();
  if (most == 0) return "takes no value";
  if (absl::StrContains(words, "At Most")) {
    return most == 1 ? "takes one value only"
                     : absl::StrCat("takes ", most, " values only");
  }
  if (most == 1 || option.get_items_expected_min() == 1) return "needs a value";
  return absl::StrCat("needs ", option.get_items_expected_min(), " values");
}

std::string WrongValue(const std::string& words,
                       const std::vector<const CLI::App*>& chain) {
  const CLI::Option* const option = OptionIn(words, chain);
  if (option == nullptr) return "a value cannot be read";
  if (option->get_items_expected_max() == 0) {
    const std::string& variable = option->get_envname();
    const bool is_set =
        !variable.empty() && std::getenv(variable.c_str()) != nullptr;
    return is_set ? absl::StrCat(variable, " must be true or false")
                  : absl::StrCat(option->get_name(), " takes no value");
  }
  const Names values = option->results();
  return absl::StrCat(
      option->get_name(), ": ",
      values.empty() ? "the value" : config::ShownValue(values.back()),
      " is no number, or one that is out of range");
}

std::string MissingCommand(const CLI::App& command) {
  Names names;
  for (const CLI::App* below : CommandsOf(command)) {
    names.push_back(below->get_name());
  }
  return absl::StrCat("a command is missing: ", config::List(Views(names)));
}

template <class Kind>
bool Is(const CLI::ParseError& error) {
  return dynamic_cast<const Kind*>(&error) != nullptr;
}

std::string Explain(const CLI::App& app, const CLI::ParseError& error) {
  const std::vector<const CLI::App*> chain = Chain(app);
  const std::string words = error.what();
  const bool is_missing = Is<CLI::RequiredError>(error);
  // CLI11 misses an option or a command before it looks at what stands in its
  // place.
  if (is_missing || Is<CLI::ExtrasError>(error)) {
    std::string unknown = UnknownArgument(chain);
    if (!unknown.empty()) return unknown;
  }
  if (is_missing && absl::StrContains(words, "subcommand")) {
    return MissingCommand(*chain.back());
  }
  if (is_missing && !absl::EndsWith(words, " is required")) {
    return absl::StrCat(words, " is required");
  }
  if (Is<CLI::ArgumentMismatch>(error)) {
    const CLI::Option* const option = OptionIn(words, chain);
    if (option != nullptr) {
      return absl::StrCat(option->get_name(), " ", CountOf(*option, words));
    }
  }
  if (Is<CLI::ConversionError>(error)) return WrongValue(words, chain);
  if (Is<CLI::RequiresError>(error)) {
    const std::size_t at = words.find(" requires ");
    if (at != std::string::npos) {
      return absl::StrCat(words.substr(0, at), " needs ",
                          words.substr(at + 10));
    }
  }
  if (Is<CLI::ExcludesError>(error)) {
    const std::size_t at = words.find(" excludes ");
    if (at != std::string::npos) {
      return absl::StrCat(words.substr(0, at), " does not go with ",
                          words.substr(at + 10));
    }
  }
  return words;
}

}  // namespace

std::string NameOfCommand(const CLI::App& app) {
  return NameOf(Chain(app), nullptr);
}

std::string UsageError(const CLI::App& app, const CLI::ParseError& error) {
  std::string what = Explain(app, error);
  // Values are the caller's, and may be anything.
  for (char& c : what) {
    if (std::iscntrl(static_cast<unsigned char>(c)) != 0) c = '?';
  }
  return absl::StrCat(app.get_name(), ": ", what, "; see '", NameOfCommand(app),
                      " --help'");
}

}  // namespace segrid::command_line
