// How the schema (schema.h) names keys: one call per key, the same for reading
// a file (reader.h) and for writing the effective configuration
// (yaml_writer.h).

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/base/secret.h"

namespace segrid::config {

// Says what is wrong with a value and what would be right, or "".
using TextCheck = std::string (*)(const std::string& value);

// The same for a secret; it never repeats any of it.
using SecretCheck = std::string_view (*)(std::string_view secret);

struct TextRules {
  TextCheck check = nullptr;
  bool may_be_empty = false;
  bool show = true;  // False: messages do not repeat the value.
  bool many_lines = false;
};

struct ListRules {
  TextCheck check = nullptr;  // Checks each element.
  std::size_t min_count = 0;
  std::size_t max_count = 100;
  bool show = true;         // As for a text.
  bool many_lines = false;  // As for a text.
  bool may_be_one = false;  // A single value stands for a list of it.
};

template <class Value>
struct Range {
  Value min;
  Value max;
};

// Either one of some words, or ("" then) a list, or a map of texts by name.
struct WordListOrMap {
  std::string word;
  std::vector<std::string> list;
  std::map<std::string, std::string> map;
};

// Visits the keys of one section. A key is a literal: views of it are kept.
// Keys of checks may also name an element (`listen[1]`) or a key below
// (`sources[2].name`).
class Fields {
 public:
  using Key = std::string_view;
  using Words = std::span<const std::string_view>;

  virtual ~Fields() = default;

  virtual void Text(Key key, std::string& value, TextRules rules) = 0;
  virtual void Secret(Key key, base::Secret& value, SecretCheck check) = 0;
  virtual void Flag(Key key, bool& value) = 0;
  virtual void Integer(Key key, std::int32_t& value,
                       Range<std::int32_t> range) = 0;
  virtual void Number(Key key, double& value, Range<double> range) = 0;
  // A size; keys that end in `_bytes` also take a plain integer.
  virtual void Bytes(Key key, std::int64_t& value,
                     Range<std::int64_t> range) = 0;
  virtual void Duration(Key key, absl::Duration& value,
                        Range<absl::Duration> range) = 0;
  virtual void Word(Key key, std::string& value, Words words) = 0;
  virtual void Texts(Key key, std::vector<std::string>& values,
                     ListRules rules) = 0;
  // `rules` are for the elements of a list and for the names of a map;
  // `texts_of_map` checks what stands under these.
  virtual void WordListOrMap(Key key, config::WordListOrMap& value, Words words,
                             ListRules rules, TextCheck texts_of_map) = 0;
  // Lists by names that the file chooses; `names` checks these.
  virtual void TextsByName(
      Key key, std::map<std::string, std::vector<std::string>>& lists,
      TextCheck names, ListRules rules) = 0;

  // A section below, described by `Rows(Fields&, T&)`.
  template <class T>
  void Section(Key key, T& object) {
    VisitSection(key, [&object](Fields& fields) { Rows(fields, object); });
  }

  // A list of such sections; with `may_be_one`, a single section stands for a
  // list of it. The file's list replaces what `objects` holds.
  template <class T>
  void Sections(Key key, std::vector<T>& objects, std::size_t max_count,
                bool may_be_one = false) {
    VisitSections(
        key,
        {.size = objects.size(),
         .max_count = max_count,
         .may_be_one = may_be_one,
         .resize =
             [&objects](std::size_t count) { objects.assign(count, T()); },
         .visit = [&objects](std::size_t i,
                             Fields& fields) { Rows(fields, objects[i]); }});
  }

  // Notes a problem with a key's value unless `ok` holds. Writing: nothing.
  virtual void Check(bool ok, Key key, std::string_view message) = 0;
  // The same where the section lacks the key.
  virtual void Require(bool needed, Key key, std::string_view message) = 0;
  // True if the file has the key.
  virtual bool Has(Key key) const = 0;
  // True if nothing was found wrong with the key: checks that read its value
  // make sense.
  virtual bool IsGood(Key key) const = 0;
  // The line of a key's value; 0 if the file does not have it.
  virtual int LineOf(Key key) const = 0;

 protected:
  struct SectionList {
    std::size_t size;
    std::size_t max_count;
    bool may_be_one;  // A single section stands for a list of it.
    std::function<void(std::size_t count)> resize;
    std::function<void(std::size_t i, Fields& fields)> visit;
  };
  virtual void VisitSection(Key key,
                            const std::function<void(Fields&)>& rows) = 0;
  virtual void VisitSections(Key key, const SectionList& list) = 0;
};

}  // namespace segrid::config
