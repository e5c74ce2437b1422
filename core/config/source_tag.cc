#include "core/config/source_tag.h"

#include "core/crypto/sha256.h"

namespace segrid::config {

std::string TagOf(std::string_view source_name) {
  std::string tag(4, '\0');
  crypto::WriteHex(crypto::Sha256().Hash(source_name), tag.size(), tag.data());
  return tag;
}

std::string SchemaOf(std::string_view source_name) {
  std::string schema;
  for (const char c : source_name) {
    const bool is_upper = c >= 'A' && c <= 'Z';
    schema += is_upper ? static_cast<char>(c - 'A' + 'a') : c == '-' ? '_' : c;
  }
  return schema;
}

}  // namespace segrid::config
