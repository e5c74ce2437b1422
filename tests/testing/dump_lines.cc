#include "tests/testing/dump_lines.h"

#include <cstdio>

namespace segrid::testing {

std::string DumpText(std::string_view text) {
  return text.empty() ? "" : "text " + std::string(text);
}

std::string DumpDouble(double number) {
  char text[64];
  std::snprintf(text, sizeof(text), "number %.17g", number);
  return text;
}

std::string DumpItems(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    text += (text.empty() ? "list [" : ", [") + item + "]";
  }
  return text;
}

void DumpLines::Row(catalog::FieldId id, const std::string& value) {
  if (value.empty()) return;
  const catalog::FieldRow& row = catalog::Row(id);
  text_.append(row.parent).append(row.parent.empty() ? "" : ".");
  text_.append(row.key).append(" = ").append(value).append("\n");
}

void DumpLines::Argument(std::string_view key, const std::string& value) {
  text_.append("argument ").append(key).append(" = ");
  text_.append(value.empty() ? "missing" : value).append("\n");
}

void DumpLines::Arguments(const std::map<std::string, std::string>& args) {
  for (const auto& [key, value] : args) Argument(key, value);
}

}  // namespace segrid::testing
