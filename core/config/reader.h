// Reads a section of a file into options, by the schema.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/config/environment.h"
#include "core/config/fields.h"
#include "core/config/node.h"
#include "core/config/problems.h"

namespace segrid::config {

// The state that readers of one file share; references must outlive them.
struct Reading {
  Problems& problems;
  const Environment& environment;
  std::map<std::string, Position, std::less<>> places;  // By path, of values.
};

// Reads one section and notes every problem. What is wrong or absent leaves the
// option as it was; a wrong element of a list becomes empty. Not thread-safe.
class Reader final : public Fields {
 public:
  // `map` is a kMap, or null for a section without keys.
  Reader(Reading& reading, const Node& map, std::string path);

  // Notes the keys that the visit did not name. Call it after the visit.
  void RefuseOtherKeys();

  void Text(Key key, std::string& value, TextRules rules) override;
  void Secret(Key key, base::Secret& value, SecretCheck check) override;
  void Flag(Key key, bool& value) override;
  void Integer(Key key, std::int32_t& value,
               Range<std::int32_t> range) override;
  void Number(Key key, double& value, Range<double> range) override;
  void Bytes(Key key, std::int64_t& value, Range<std::int64_t> range) override;
  void Duration(Key key, absl::Duration& value,
                Range<absl::Duration> range) override;
  void Word(Key key, std::string& value, Words words) override;
  void Texts(Key key, std::vector<std::string>& values,
             ListRules rules) override;
  void WordListOrMap(Key key, config::WordListOrMap& value, Words words,
                     ListRules rules, TextCheck texts_of_map) override;
  void TextsByName(Key key,
                   std::map<std::string, std::vector<std::string>>& lists,
                   TextCheck names, ListRules rules) override;
  void Check(bool ok, Key key, std::string_view message) override;
  void Require(bool needed, Key key, std::string_view message) override;
  bool Has(Key key) const override;
  bool IsGood(Key key) const override;
  int LineOf(Key key) const override;

 protected:
  void VisitSection(Key key, const std::function<void(Fields&)>& rows) override;
  void VisitSections(Key key, const SectionList& list) override;

 private:
  // A value on its way into an option.
  struct Value {
    const Node& node;
    std::string path;
  };
  // The text of a value, and how messages show it: never what a variable or a
  // file gave.
  struct Scalar {
    std::string text;
    std::string shown;
    bool plain = false;  // Without quotes, or from a variable or file.
  };

  std::string PathOf(Key key) const;
  void Fail(const Value& value, std::string_view message);
  // The value of a key; nullopt if it is absent or was refused.
  std::optional<Value> Find(Key key);
  std::optional<Scalar> ScalarOf(const Value& value, std::string_view wanted);
  std::optional<Scalar> PlainOf(Key key, std::string_view wanted);
  std::optional<std::string> TextOf(const Value& value, TextRules rules);
  void ReadList(const Value& value, std::vector<std::string>& values,
                ListRules rules);
  // The values of a map, by names that the file chooses and that `names` finds
  // nothing wrong with.
  std::vector<std::pair<std::string, Value>> ReadNames(const Value& value,
                                                       TextCheck names);
  bool TakeWord(const Value& value, const Scalar& scalar, Words words);
  void ReadSection(const Value& value,
                   const std::function<void(Fields&)>& rows);

  Reading& reading_;
  const Node& map_;
  const std::string path_;
  std::vector<std::string_view> known_;
};

}  // namespace segrid::config
