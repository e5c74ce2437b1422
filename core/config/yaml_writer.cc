#include "core/config/yaml_writer.h"

#include <array>
#include <charconv>
#include <cstddef>

#include "core/config/quantity.h"
#include "core/config/text.h"

namespace segrid::config {
namespace {

// In double quotes.
std::string QuotedName(std::string_view text, bool is_value = false) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view kHex = "0123456789ABCDEF";
      const auto byte = static_cast<unsigned char>(c);
      out.append("\\x");
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
      continue;
    }
    if (c == '"' || c == '\\') out.push_back('\\');
    if (is_value && text.substr(i).starts_with("${")) out.push_back('$');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

// The same with `$${` for `${`, which only values may hold: read back as it is.
std::string Quoted(std::string_view text) { return QuotedName(text, true); }

std::string QuotedList(const std::vector<std::string>& values) {
  std::string out = "[";
  for (const std::string& value : values) {
    out += Concat({out.size() > 1 ? ", " : "", Quoted(value)});
  }
  return out + "]";
}

}  // namespace

void YamlWriter::Line(Key key, std::string_view value) {
  if (!after_dash_) out_.append(static_cast<std::size_t>(indent_), ' ');
  after_dash_ = false;
  out_ += Concat({key, ":", value.empty() ? "" : " ", value, "\n"});
}

void YamlWriter::Text(Key key, std::string& value, TextRules rules) {
  if (value.empty() && !rules.may_be_empty) return;
  // The query of a URL may hold a token.
  const std::size_t query = rules.show ? value.npos : value.find('?');
  const bool is_masked = query != value.npos;
  Line(key, Quoted(is_masked ? value.substr(0, query) + "?***" : value));
}

void YamlWriter::Secret(Key key, base::Secret& value, SecretCheck) {
  if (!value.empty()) Line(key, "\"***\"");
}

void YamlWriter::Flag(Key key, bool& value) {
  Line(key, value ? "true" : "false");
}

void YamlWriter::Integer(Key key, std::int32_t& value, Range<std::int32_t>) {
  Line(key, std::to_string(value));
}

void YamlWriter::Number(Key key, double& value, Range<double>) {
  std::array<char, 32> text;
  const auto end =
      std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  Line(key, std::string_view(text.data(), end));
}

void YamlWriter::Bytes(Key key, std::int64_t& value, Range<std::int64_t>) {
  Line(key, SizeText(value));
}

void YamlWriter::Duration(Key key, absl::Duration& value,
                          Range<absl::Duration>) {
  Line(key, DurationText(value));
}

void YamlWriter::Word(Key key, std::string& value, Words) {
  if (!value.empty()) Line(key, value);
}

void YamlWriter::Texts(Key key, std::vector<std::string>& values,
                       ListRules rules) {
  if (values.size() >= rules.min_count) Line(key, QuotedList(values));
}

void YamlWriter::WordListOrMap(Key key, config::WordListOrMap& value, Words,
                               ListRules, TextCheck) {
  if (!value.word.empty()) return Line(key, value.word);
  if (value.map.empty()) return Line(key, QuotedList(value.list));
  std::string map = "{";
  for (const auto& [name, text] : value.map) {
    map += Concat(
        {map.size() > 1 ? ", " : "", QuotedName(name), ": ", Quoted(text)});
  }
  Line(key, map + "}");
}

void YamlWriter::TextsByName(
    Key key, std::map<std::string, std::vector<std::string>>& lists, TextCheck,
    ListRules) {
  if (lists.empty()) return;
  std::string map = "{";
  for (const auto& [name, texts] : lists) {
    map += Concat({map.size() > 1 ? ", " : "", QuotedName(name), ": ",
                   QuotedList(texts)});
  }
  Line(key, map + "}");
}

void YamlWriter::VisitSection(Key key,
                              const std::function<void(Fields&)>& rows) {
  Line(key, "");
  YamlWriter below(out_, indent_ + 2);
  rows(below);
}

void YamlWriter::VisitSections(Key key, const SectionList& list) {
  if (list.size == 0) return Line(key, "[]");
  Line(key, "");
  for (std::size_t i = 0; i < list.size; ++i) {
    out_.append(static_cast<std::size_t>(indent_) + 2, ' ');
    out_.append("- ");
    YamlWriter below(out_, indent_ + 4);
    below.after_dash_ = true;
    list.visit(i, below);
  }
}

}  // namespace segrid::config
