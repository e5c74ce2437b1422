#include "client/cli/json.h"

#include <google/protobuf/util/json_util.h>

#include "absl/time/time.h"
#include "client/cli/safe_text.h"
#include "core/codec/json_text.h"

namespace segrid::cli {

void PrintJson(Console& console, const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string text;
  const auto printed =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  if (printed.ok()) console.out << SafeJson(text) << '\n';
}

void AppendJsonString(std::string& out, std::string_view text) {
  std::string escaped(6 * text.size(), '\0');
  const char* const end = codec::Escape(text, escaped.data());
  escaped.resize(static_cast<std::size_t>(end - escaped.data()));
  out.append("\"").append(SafeJson(escaped)).append("\"");
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  if (time.seconds() == 0 && time.nanos() == 0) return "";
  const absl::Time moment =
      absl::FromUnixSeconds(time.seconds()) + absl::Nanoseconds(time.nanos());
  return absl::FormatTime("%E4Y-%m-%dT%H:%M:%E3SZ", moment,
                          absl::UTCTimeZone());
}

}  // namespace segrid::cli
