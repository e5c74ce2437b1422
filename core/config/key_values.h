// The options as a flat list of keys and values, by the schema.

#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/config/shown_fields.h"

namespace segrid::config {

// A key with its value as text.
struct KeyValue {
  std::string key;    // `sources[prod].write_key`
  std::string value;  // To compare. May be a secret.
  std::string shown;  // For people: `***` for a secret.
};

// Appends the keys of one section to a list. The elements of a list of sections
// are told apart by their key `name`; where one has none, the whole list is one
// value. Not thread-safe.
class KeyValues final : public ShownFields {
 public:
  // `out` must outlive it. `path`: of the section, "" for the root.
  KeyValues(std::vector<KeyValue>& out, std::string path)
      : out_(out), path_(std::move(path)) {}

  void Text(Key key, std::string& value, TextRules rules) override;
  void Secret(Key key, base::Secret& value, SecretCheck) override;
  void Flag(Key key, bool& value) override;
  void Integer(Key key, std::int32_t& value, Range<std::int32_t>) override;
  void Number(Key key, double& value, Range<double>) override;
  void Bytes(Key key, std::int64_t& value, Range<std::int64_t>) override;
  void Duration(Key key, absl::Duration& value, Range<absl::Duration>) override;
  void Word(Key key, std::string& value, Words words) override;
  void Texts(Key key, std::vector<std::string>& values,
             ListRules rules) override;
  void WordListOrMap(Key key, config::WordListOrMap& value, Words,
                     ListRules rules, TextCheck) override;
  void TextsByName(Key key,
                   std::map<std::string, std::vector<std::string>>& lists,
                   TextCheck, ListRules rules) override;

 protected:
  void VisitSection(Key key, const std::function<void(Fields&)>& rows) override;
  void VisitSections(Key key, const SectionList& list) override;

 private:
  std::string PathOf(Key key) const;
  void Add(Key key, std::string value, std::string shown);

  std::vector<KeyValue>& out_;
  const std::string path_;
};

}  // namespace segrid::config
