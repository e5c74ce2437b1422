#include "core/config/describe.h"

#include "core/config/schema.h"
#include "core/config/yaml_writer.h"

namespace segrid::config {

std::string Describe(const Config& config) {
  // The schema visits options that it may change.
  Config copy = config;
  for (Source& source : copy.sources) SpellOutSelection(source);
  std::string text;
  YamlWriter writer(text);
  Rows(writer, copy);
  return text;
}

}  // namespace segrid::config
