#include <simdjson.h>

#include "core/codec/wire.h"

namespace segrid::codec {

bool IsNonAsciiUtf8(std::string_view text) {
  return simdjson::validate_utf8(text.data(), text.size());
}

}  // namespace segrid::codec
