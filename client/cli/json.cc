#include "client/cli/json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/time/time.h"
#include "core/codec/json_text.h"

namespace segrid::cli {

void PrintJson(Console& console, const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto printed =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  if (printed.ok()) console.out << text << '\n';
}

void AppendJsonString(std::string& out, std::string_view text) {
  const std::size_t begin = out.size();
  out.resize(begin + 6 * text.size() + 2);
  char* end = out.data() + begin;
  *end++ = '"';
  end = codec::Escape(text, end);
  *end++ = '"';
  out.resize(static_cast<std::size_t>(end - out.data()));
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  const absl::Time moment =
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", moment,
                          absl::UTCTimeZone());
}

}  // namespace segrid::cli
