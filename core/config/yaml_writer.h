// Writes options as YAML, by the schema.

#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/shown_fields.h"

namespace segrid::config {

// Appends the keys of one section to a text, in block style. Secrets become
// `***`; texts and words that are empty, where the file could not say so, are
// left out. Not thread-safe.
class YamlWriter final : public ShownFields {
 public:
  // `out` must outlive the writer. `indent` is the section's, in spaces.
  explicit YamlWriter(std::string& out, int indent = 0)
      : out_(out), indent_(indent) {}

  void Text(Key key, std::string& value, TextRules rules) override;
  void Secret(Key key, base::Secret& value, SecretCheck) override;
  void Flag(Key key, bool& value) override;
  void Integer(Key key, std::int32_t& value, Range<std::int32_t>) override;
  void Number(Key key, double& value, Range<double>) override;
  void Bytes(Key key, std::int64_t& value, Range<std::int64_t>) override;
  void Duration(Key key, absl::Duration& value, Range<absl::Duration>) override;
  void Word(Key key, std::string& value, Words words) override;
  void Texts(Key key, std::vector<std::string>& values, ListRules) override;
  void WordListOrMap(Key key, config::WordListOrMap& value, Words, ListRules,
                     TextCheck) override;
  void TextsByName(Key key,
                   std::map<std::string, std::vector<std::string>>& lists,
                   TextCheck, ListRules) override;

 protected:
  void VisitSection(Key key, const std::function<void(Fields&)>& rows) override;
  void VisitSections(Key key, const SectionList& list) override;

 private:
  void Line(Key key, std::string_view value);

  std::string& out_;
  int indent_;
  bool after_dash_ = false;  // The next line goes on behind "- ".
};

}  // namespace segrid::config
