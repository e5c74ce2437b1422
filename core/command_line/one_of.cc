#include "core/command_line/one_of.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/config/nearest.h"
#include "core/config/text.h"

namespace segrid::command_line {

CLI::Validator OneOf(std::vector<std::string_view> words) {
  std::string shown;
  for (const std::string_view word : words) {
    shown.append(shown.empty() ? "{" : ",").append(word);
  }
  shown.append("}");
  return CLI::Validator(
      [words = std::move(words)](const std::string& text) -> std::string {
        if (std::find(words.begin(), words.end(), text) != words.end()) {
          return "";
        }
        std::string error = absl::StrCat(
            config::ShownValue(text), " is not one of ", config::List(words));
        const std::string nearest(config::Nearest(text, words));
        if (!nearest.empty()) {
          absl::StrAppend(&error, "; did you mean '", nearest, "'?");
        }
        return error;
      },
      std::move(shown));
}

}  // namespace segrid::command_line
